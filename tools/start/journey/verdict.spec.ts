import { type Receipt } from '@app/delivery';
import { type Arrival } from './arrivals';
import { type JourneyEvent } from './sample-journey';
import { type Seen, verdictOn } from './verdict';

const event = (given: Partial<JourneyEvent> = {}): JourneyEvent => ({
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

const arrival = (given: Partial<Arrival> = {}): Arrival => ({
  id: 'E1',
  seq: 1,
  receivedAtMs: 1_042,
  ingested: true,
  ...given,
});

const seen = (given: Partial<Seen> = {}): Seen => ({
  sentAtMs: new Map([['E1', 1_000]]),
  receipts: [receipt()],
  arrivals: [arrival()],
  ...given,
});

describe('verdictOn', () => {
  it('is content when a delivered event is at Statsig once, and says how long it took', () => {
    expect(verdictOn([event()], seen())).toEqual({
      pending: 0,
      problems: [],
      rows: [{ event: 'RENEWAL', customer: 'mia', via: 'webhook', outcome: 'delivered', toStatsigMs: 42 }],
    });
  });

  it('minds an event that is at Statsig twice', () => {
    const { problems } = verdictOn([event()], seen({ arrivals: [arrival(), arrival({ seq: 2 })] }));
    expect(problems).toEqual(['RENEWAL E1: 2 times at Statsig, expected 1']);
  });

  it('minds a receipt without an arrival', () => {
    const { problems } = verdictOn([event()], seen({ arrivals: [] }));
    expect(problems).toEqual(['RENEWAL E1: 0 times at Statsig, expected 1']);
  });

  it('minds a dead letter, and gives its reason', () => {
    const { problems } = verdictOn(
      [event()],
      seen({ receipts: [receipt({ outcome: 'dead_lettered', reason: 'statsig_400' })], arrivals: [] }),
    );
    expect(problems).toEqual(['RENEWAL E1: dead_lettered (statsig_400), expected delivered']);
  });

  it('waits for both deliveries of a transfer', () => {
    const transfer = event({ type: 'TRANSFER', expect: { outcome: 'delivered', deliveries: 2 } });
    const one = { receipts: [receipt({ eventId: 'E1:from' })], arrivals: [arrival({ id: 'E1:from' })] };
    expect(verdictOn([transfer], seen(one))).toMatchObject({
      pending: 1,
      problems: ['TRANSFER E1: 1 of 2 outcomes; last heard: delivered'],
    });
  });

  it('counts an event that is retried as pending', () => {
    const retrying = seen({
      receipts: [receipt({ outcome: 'retrying', reason: 'statsig_503' })],
      arrivals: [],
    });
    expect(verdictOn([event()], retrying)).toMatchObject({
      pending: 1,
      rows: [{ outcome: 'retrying' }],
      problems: ['RENEWAL E1: 0 of 1 outcomes; last heard: statsig_503'],
    });
  });

  it('expects a filtered event not to be at Statsig', () => {
    const filtered = event({ expect: { outcome: 'filtered' } });
    const receipts = [receipt({ outcome: 'filtered', reason: 'type_not_selected' })];
    expect(verdictOn([filtered], seen({ receipts, arrivals: [] })).problems).toEqual([]);
    expect(verdictOn([filtered], seen({ receipts })).problems).toEqual([
      'RENEWAL E1: 1 times at Statsig, expected 0',
    ]);
  });
});
