import { type OutcomeReceipt, statusOf } from './outcome';

const receipt = (outcome: OutcomeReceipt['outcome'], rest: Partial<OutcomeReceipt> = {}): OutcomeReceipt => ({
  deliveryId: 'e',
  outcome,
  reason: null,
  attempt: 1,
  nextAttemptAtMs: null,
  atMs: 1,
  ...rest,
});

describe('how it stands with an event', () => {
  it('waits until somebody has said something', () => {
    expect(statusOf('e', ['e'], []).outcome).toBe('waiting');
  });

  it('is delivered once Statsig has taken it, whatever is said later', () => {
    const receipts = [receipt('delivered', { atMs: 2 }), receipt('duplicate', { atMs: 9, attempt: 0 })];
    expect(statusOf('e', ['e'], receipts)).toMatchObject({ outcome: 'delivered', atMs: 2, attempts: 1 });
  });

  it('tells when the next attempt is due', () => {
    const receipts = [receipt('retrying', { atMs: 2, nextAttemptAtMs: 50, reason: 'statsig_503' })];
    expect(statusOf('e', ['e'], receipts)).toMatchObject({
      outcome: 'retrying',
      reason: 'statsig_503',
      nextAttemptAtMs: 50,
    });
  });

  it('shows of the two sides of a transfer the one that a person must look at', () => {
    const receipts = [
      receipt('delivered', { deliveryId: 'e:from' }),
      receipt('dead_lettered', { deliveryId: 'e:to', reason: 'statsig_400' }),
    ];
    expect(statusOf('e', ['e:from', 'e:to'], receipts)).toMatchObject({
      outcome: 'dead_lettered',
      attempts: 2,
    });
  });

  it('forgets that a transfer was a dead letter once it has become deliveries', () => {
    const receipts = [
      receipt('dead_lettered', { attempt: 0, reason: 'no_integration' }),
      receipt('delivered', { deliveryId: 'e:from', atMs: 5 }),
      receipt('delivered', { deliveryId: 'e:to', atMs: 5 }),
    ];
    expect(statusOf('e', ['e:from', 'e:to'], receipts).outcome).toBe('delivered');
  });
});
