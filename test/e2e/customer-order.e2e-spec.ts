import { deliveriesTopic, headerNames } from '@app/kafka';
import { until } from '@tools/stack';
import { RunningPipeline, secretOf } from './running-pipeline';
import { renewal } from './renewals';

const patience = { timeoutMs: 30_000 };
const anonymousId = (n: number): string => `$RCAnonymousID:${String(n).padStart(32, '0')}`;

describe.each(['revenuecat', 'log_event'] as const)('in format %s', (format) => {
  const projectId = `order-${format}`;
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start(
      {
        // Failed requests are retried without end, each with a single event.
        ...{
          DISPATCHER_RETRY_BASE_DELAY: '20ms',
          DISPATCHER_RETRY_MAX_DELAY: '100ms',
          DISPATCHER_RETRY_LIMIT: '10000',
          DISPATCHER_BREAKER_FAILURES: '10000',
        },
        STATSIG_BATCH_EVENTS: '1',
      },
      [{ projectId, format, partitions: 3 }],
    );
    await pipeline.topics.deliveriesOf(projectId);
  });

  afterAll(async () => {
    expect(await pipeline.statsigRepeats()).toEqual({});
    await pipeline.stop();
  });

  afterEach(() => pipeline.faults());

  const post = async (body: string): Promise<void> => {
    expect((await pipeline.post(body, projectId)).status).toBe(200);
  };
  /** Resolves when the mapper has written this delivery. */
  const untilMapped = (deliveryId: string) =>
    pipeline.topics.find(
      deliveriesTopic(pipeline.topics.names, projectId),
      ({ headers }) => headers[headerNames.eventId] === deliveryId,
    );
  const failing = (eventId: string) =>
    pipeline.faults({ kind: 'status', status: 503, match: { eventId, key: secretOf(projectId) } });
  /** Resolves when the failing request has been sent this many times more. */
  const untilRetried = async (times: number): Promise<void> => {
    const [before = 0] = await pipeline.faultCounts();
    await until(async () => {
      const [count = 0] = await pipeline.faultCounts();
      expect(count).toBeGreaterThanOrEqual(before + times);
    }, patience);
  };
  /** Those of the events that Statsig accepted, in its order. */
  const arrived = async (...deliveryIds: string[]): Promise<string[]> =>
    (await pipeline.statsigEvents('summary=true'))
      .filter(({ id }) => deliveryIds.includes(id))
      .map(({ id, userId }) => `${id} of ${userId}`);

  const transfer = (id: string, from: string[], to: string[]): string =>
    JSON.stringify({
      event: {
        ...{ id, type: 'TRANSFER', environment: 'PRODUCTION', event_timestamp_ms: Date.UTC(2026, 0, 3) },
        ...{ transferred_from: from, transferred_to: to },
      },
    });

  it('an event waits for an earlier one of the same customer even if RevenueCat has changed the original id', async () => {
    const anonymous = anonymousId(1);
    await failing('merge-1');
    await post(renewal('merge-1', anonymous));
    await untilMapped('merge-1');
    await post(
      renewal('merge-2', 'kim-42', { original_app_user_id: 'kim-42', aliases: ['kim-42', anonymous] }),
    );
    await untilMapped('merge-2');
    await untilRetried(5);
    expect(await arrived('merge-1', 'merge-2')).toEqual([]);
    await pipeline.faults();
    await pipeline.receiptsOf(['merge-1', 'merge-2'], 'delivered');
    expect(await arrived('merge-1', 'merge-2')).toEqual([`merge-1 of ${anonymous}`, 'merge-2 of kim-42']);
  });

  it('each side of a transfer waits for its own customer only', async () => {
    const anonymous = anonymousId(2);
    await failing('purchase');
    await post(
      renewal('purchase', 'kim-b', { original_app_user_id: anonymous, aliases: ['kim-b', anonymous] }),
    );
    await untilMapped('purchase');
    await untilRetried(1);
    await post(transfer('transfer', ['kim-b', anonymous], ['lea-c']));
    await pipeline.receiptsOf(['transfer:to'], 'delivered');
    await untilRetried(5);
    const sent = ['purchase', 'transfer:from', 'transfer:to'];
    expect(await arrived(...sent)).toEqual(['transfer:to of lea-c']);
    await pipeline.faults();
    await pipeline.receiptsOf(sent, 'delivered');
    expect(await arrived(...sent)).toEqual([
      'transfer:to of lea-c',
      'purchase of kim-b',
      'transfer:from of kim-b',
    ]);
  });

  it('a purchase that a lagging mapper maps after the transfer is sent after it, and not at the same time', async () => {
    const anonymous = anonymousId(3);
    await failing('overtaking:from');
    await post(transfer('overtaking', ['kim-d', anonymous], ['lea-e']));
    await untilMapped('overtaking:from');
    await untilRetried(1);
    await post(
      renewal('overtaken', 'kim-d', { original_app_user_id: anonymous, aliases: ['kim-d', anonymous] }),
    );
    const [side, purchase] = await Promise.all([untilMapped('overtaking:from'), untilMapped('overtaken')]);
    expect([purchase.partition, String(purchase.key)]).toEqual([side.partition, String(side.key)]);
    await untilRetried(5);
    const ofCustomer = ['overtaking:from', 'overtaken'];
    expect(await arrived(...ofCustomer)).toEqual([]);
    await pipeline.faults();
    await pipeline.receiptsOf(ofCustomer, 'delivered');
    expect(await arrived(...ofCustomer)).toEqual(['overtaking:from of kim-d', 'overtaken of kim-d']);
  });

  it('an app user id identifies the same customer as a number and as text, without a Kafka key', async () => {
    const numeric = 41_234_567_890;
    const withId = (id: string, appUserId: unknown): string =>
      renewal(id, '', { app_user_id: appUserId, original_app_user_id: appUserId, aliases: [appUserId] });
    const produce = async (id: string, appUserId: unknown): Promise<void> => {
      await pipeline.produce(withId(id, appUserId), null, { [headerNames.projectId]: projectId });
      await untilMapped(id);
    };
    await failing('numeric-1');
    await produce('numeric-1', numeric);
    await produce('numeric-2', numeric);
    await produce('numeric-3', String(numeric));
    await untilRetried(5);
    const sent = ['numeric-1', 'numeric-2', 'numeric-3'];
    expect(await arrived(...sent)).toEqual([]);
    await pipeline.faults();
    await pipeline.receiptsOf(sent, 'delivered');
    expect(await arrived(...sent)).toEqual([
      'numeric-1 of 41234567890',
      'numeric-2 of 41234567890',
      'numeric-3 of 41234567890',
    ]);
  });
});
