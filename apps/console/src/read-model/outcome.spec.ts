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

describe('the status of an event', () => {
  it('is waiting until there is a receipt', () => {
    expect(statusOf('e', ['e'], []).outcome).toBe('waiting');
  });

  it('is delivered once Statsig has accepted it, whatever follows', () => {
    const receipts = [receipt('delivered', { atMs: 2 }), receipt('duplicate', { atMs: 9, attempt: 0 })];
    expect(statusOf('e', ['e'], receipts)).toMatchObject({ outcome: 'delivered', atMs: 2, attempts: 1 });
  });

  it('includes the time of the next attempt', () => {
    const receipts = [receipt('retrying', { atMs: 2, nextAttemptAtMs: 50, reason: 'statsig_503' })];
    expect(statusOf('e', ['e'], receipts)).toMatchObject({
      outcome: 'retrying',
      reason: 'statsig_503',
      nextAttemptAtMs: 50,
    });
  });

  it('is, for a transfer, the status of the side that needs attention', () => {
    const receipts = [
      receipt('delivered', { deliveryId: 'e:from' }),
      receipt('dead_lettered', { deliveryId: 'e:to', reason: 'statsig_400' }),
    ];
    expect(statusOf('e', ['e:from', 'e:to'], receipts)).toMatchObject({
      outcome: 'dead_lettered',
      attempts: 2,
    });
  });

  it('ignores that a transfer was a dead letter once it has deliveries', () => {
    const receipts = [
      receipt('dead_lettered', { attempt: 0, reason: 'no_integration' }),
      receipt('delivered', { deliveryId: 'e:from', atMs: 5 }),
      receipt('delivered', { deliveryId: 'e:to', atMs: 5 }),
    ];
    expect(statusOf('e', ['e:from', 'e:to'], receipts).outcome).toBe('delivered');
  });
});
