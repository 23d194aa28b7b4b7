import { type Receipt } from '@app/delivery';
import { type ReceivedEvent } from './received-events';
import { type SampleEvent } from './sample-events';
import { type Observations, evaluate } from './evaluate';

const event = (given: Partial<SampleEvent> = {}): SampleEvent => ({
  id: 'E1',
  type: 'RENEWAL',
  customer: 'mia',
  via: 'webhook',
  keyId: 'mia',
  body: '{}',
  expect: { outcome: 'delivered', deliveries: 1 },
  ...given,
});

const receipt = (given: Partial<Receipt> = {}): Receipt => ({
  eventId: 'E1',
  sourceEventId: 'E1',
  projectId: 'default',
  outcome: 'delivered',
  attempt: 1,
  atMs: 1_000,
  ...given,
});

const arrival = (given: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  id: 'E1',
  seq: 1,
  receivedAtMs: 1_042,
  ingested: true,
  ...given,
});

const seen = (given: Partial<Observations> = {}): Observations => ({
  sentAtMs: new Map([['E1', 1_000]]),
  receipts: [receipt()],
  received: [arrival()],
  ...given,
});

describe('evaluate', () => {
  it('accepts a delivered event that Statsig received once, and measures how long it took', () => {
    expect(evaluate([event()], seen())).toEqual({
      pending: 0,
      problems: [],
      rows: [{ event: 'RENEWAL', customer: 'mia', via: 'webhook', outcome: 'delivered', toStatsigMs: 42 }],
    });
  });

  it('reports an event that Statsig received twice', () => {
    const { problems } = evaluate([event()], seen({ received: [arrival(), arrival({ seq: 2 })] }));
    expect(problems).toEqual(['RENEWAL E1: 2 times at Statsig, expected 1']);
  });

  it('reports a delivered receipt for an event that Statsig did not receive', () => {
    const { problems } = evaluate([event()], seen({ received: [] }));
    expect(problems).toEqual(['RENEWAL E1: 0 times at Statsig, expected 1']);
  });

  it('reports a dead letter with its reason', () => {
    const { problems } = evaluate(
      [event()],
      seen({ receipts: [receipt({ outcome: 'dead_lettered', reason: 'statsig_400' })], received: [] }),
    );
    expect(problems).toEqual(['RENEWAL E1: dead_lettered (statsig_400), expected delivered']);
  });

  it('waits for both deliveries of a transfer', () => {
    const transfer = event({ type: 'TRANSFER', expect: { outcome: 'delivered', deliveries: 2 } });
    const one = { receipts: [receipt({ eventId: 'E1:from' })], received: [arrival({ id: 'E1:from' })] };
    expect(evaluate([transfer], seen(one))).toMatchObject({
      pending: 1,
      problems: ['TRANSFER E1: 1 of 2 outcomes; last receipt: delivered'],
    });
  });

  it('counts a retrying event as pending', () => {
    const retrying = seen({
      receipts: [receipt({ outcome: 'retrying', reason: 'statsig_503' })],
      received: [],
    });
    expect(evaluate([event()], retrying)).toMatchObject({
      pending: 1,
      rows: [{ outcome: 'retrying' }],
      problems: ['RENEWAL E1: 0 of 1 outcomes; last receipt: statsig_503'],
    });
  });

  it('expects that Statsig does not receive a filtered event', () => {
    const filtered = event({ expect: { outcome: 'filtered' } });
    const receipts = [receipt({ outcome: 'filtered', reason: 'type_not_selected' })];
    expect(evaluate([filtered], seen({ receipts, received: [] })).problems).toEqual([]);
    expect(evaluate([filtered], seen({ receipts })).problems).toEqual([
      'RENEWAL E1: 1 times at Statsig, expected 0',
    ]);
  });
});
