import { ConsumerLagReader, deliveriesTopic, headerNames } from '@app/kafka';
import { codecs, produceBatch, produceInTransaction, produceWithNullHeader } from '@app/testing';
import { until } from '@tools/stack';
import { RunningConsole } from '../../apps/console/test/running-console';
import { RunningPipeline, secretOf } from './running-pipeline';
import { ids, manyAttributes, renewal, renewals } from './renewals';

const patience = { timeoutMs: 40_000 };
/** Kafka's default, which some managed clusters do not allow to raise. */
const mebibyte = 1_048_576;

describe('unusual records and changes in the topics', () => {
  let pipeline: RunningPipeline;
  let opened: RunningConsole;
  let topic: string;
  const projectId = 'producers';

  beforeAll(async () => {
    pipeline = await RunningPipeline.start(
      { TOPIC_MAX_MESSAGE_BYTES: String(mebibyte), DISPATCHER_SUSPENSION_MAX_INTERVAL: '300ms' },
      [
        { projectId, format: 'log_event' },
        { projectId: 'backlog', format: 'log_event' },
        { projectId: 'widened', partitions: 2 },
      ],
    );
    topic = pipeline.topics.names.events;
    opened = await RunningConsole.start(pipeline.topics.prefix, pipeline.env);
  });

  afterAll(async () => {
    expect(await pipeline.statsigRepeats()).toEqual({});
    await opened.stop();
    await pipeline.stop();
  });

  const headers = { [headerNames.projectId]: projectId };
  /** A renewal of a customer of the project, without a Kafka key. */
  const message = (id: string, partition = 0, customer = 'user') => {
    return { value: renewal(id, customer), headers, partition };
  };
  const arrived = async (prefix: string): Promise<string[]> =>
    (await pipeline.statsigEvents('summary=true')).map(({ id }) => id).filter((id) => id.startsWith(prefix));
  /** Number of waiting records by stage, as the console shows it; null if unknown. */
  const backlog = async (): Promise<Record<string, number | null>> => {
    const overview = await (await opened.get('overview')).json();
    const { backlog: stages } = overview as { backlog: { stage: string; records: number | null }[] };
    return Object.fromEntries(stages.map(({ stage, records }) => [stage, records]));
  };
  const everythingRead = () =>
    until(async () => {
      expect(await pipeline.mapperLag()).toBe(0);
      expect(await backlog()).toMatchObject({ mapper: 0, console: 0 });
    }, patience);

  it('a header without a value stops neither its partition nor the console', async () => {
    await produceWithNullHeader(pipeline.topics.kafka, topic, message('null-header'), 'x-tenant');
    await produceBatch(pipeline.topics.kafka, topic, [message('after-null-header')]);
    await pipeline.receiptsOf(['null-header', 'after-null-header'], 'delivered');
    await everythingRead();
  });

  it('a tombstone and an empty record become dead letters, and other records are delivered', async () => {
    const key = `${projectId}:user`;
    await produceBatch(pipeline.topics.kafka, topic, [
      message('before-tombstone'),
      { key, value: null, partition: 0 },
      { key: null, value: '', partition: 0 },
      message('after-tombstone'),
    ]);
    await pipeline.receiptsOf(['before-tombstone', 'after-tombstone'], 'delivered');
    const deadLetters = await pipeline.topics.read(pipeline.topics.names.eventsDeadLetter, 2);
    expect(deadLetters.map(({ headers: { [headerNames.deadLetterReason]: reason } }) => reason)).toEqual([
      'not_json',
      'not_json',
    ]);
    expect(deadLetters.map(({ value }) => value?.length ?? null)).toEqual(expect.arrayContaining([null, 0]));
    await everythingRead();
  });

  it('batches are read with every compression codec', async () => {
    const eventsOf = (codec: string): string[] => ids(`compressed-${codec}`, 100);
    const names = Object.keys(codecs) as (keyof typeof codecs)[];
    for (const codec of names) {
      const batch = eventsOf(codec).map((id, n) => message(id, 1, `user-${n % 10}`));
      await produceBatch(pipeline.topics.kafka, topic, batch, codec);
    }
    const sent = names.flatMap(eventsOf);
    await pipeline.receiptsOf(sent, 'delivered');
    expect((await arrived('compressed-')).sort()).toEqual(sent.sort());
  });

  it('an event with two different Kafka keys is delivered once', async () => {
    const twin = (fields: Record<string, unknown>) => ({
      value: renewal('twin', 'twin-user', fields),
      headers,
      partition: 2,
    });
    await produceBatch(pipeline.topics.kafka, topic, [
      {
        key: `${projectId}:twin-user`,
        ...twin({
          original_app_user_id: '$RCAnonymousID:twin',
          aliases: ['$RCAnonymousID:twin', 'twin-user'],
        }),
      },
      { key: null, ...twin({ original_app_user_id: null, aliases: [] }) },
    ]);
    await pipeline.receiptsOf(['twin'], 'delivered');
    await pipeline.receiptsOf(['twin'], 'duplicate');
    expect(await arrived('twin')).toEqual(['twin']);
  });

  it('transactions leave no lag, and aborted records are not delivered', async () => {
    const messages = (name: string) =>
      [0, 1, 2].map((partition) => message(`${name}-${partition}`, partition));
    for (const name of ['committed-a', 'committed-b'])
      await produceInTransaction(pipeline.topics.kafka, topic, 'commit', messages(name));
    await produceInTransaction(pipeline.topics.kafka, topic, 'abort', messages('aborted'));
    const committed = ['committed-a', 'committed-b'].flatMap((name) => ids(name, 3));
    await pipeline.receiptsOf(committed, 'delivered');
    await everythingRead();
    expect((await arrived('committed-')).sort()).toEqual(committed.sort());
    expect(await arrived('aborted-')).toEqual([]);
  });

  it('a backlog of one customer is written once if the topic accepts only 1 MiB per request', async () => {
    const sent = ids('backlog', 500);
    await pipeline.stopApp('mapper');
    await pipeline.producer.send(renewals(topic, 'backlog', sent, 1, manyAttributes));
    await pipeline.startApp('mapper');
    await pipeline.receiptsOf(sent, 'delivered');
    expect(await arrived('backlog-')).toEqual(sent);
    await everythingRead();
    const deliveries = deliveriesTopic(pipeline.topics.names, 'backlog');
    const { ends } = await new ConsumerLagReader(pipeline.topics.kafka).clusterState([deliveries]);
    expect([...(ends.get(deliveries)?.values() ?? [])].reduce((sum, end) => sum + end)).toBe(500);
  });

  it('adding partitions while a project is suspended loses none of its events', async () => {
    const suspended = 'widened';
    const deliveries = deliveriesTopic(pipeline.topics.names, suspended);
    await pipeline.faults({ kind: 'status', status: 401, match: { key: secretOf(suspended) } });
    await pipeline.producer.send(renewals(topic, suspended, ['widened-first'], 1));
    await until(async () => {
      expect(await pipeline.faultCounts()).not.toEqual([0]);
    }, patience);
    await pipeline.stopApp('mapper');
    await pipeline.stopApp('dispatcher');
    for (const name of [topic, deliveries, pipeline.topics.names.receipts])
      await pipeline.topics.addPartitions(name, 8);
    await pipeline.startApp('mapper');
    await pipeline.startApp('dispatcher');
    const sent = ids('widened', 100);
    const customers = 24;
    await pipeline.producer.send(
      renewals(topic, suspended, sent, customers).map((record, n) => ({
        ...record,
        partition: (n % customers) % 8,
      })),
    );
    await until(async () => {
      expect(await pipeline.mapperLag()).toBe(0);
    }, patience);
    expect(await arrived('widened-')).toEqual([]);
    await pipeline.faults();
    await pipeline.receiptsOf(['widened-first', ...sent], 'delivered');
    const events = (await pipeline.statsigEvents('summary=true')).filter(({ id }) => sent.includes(id));
    expect(events).toHaveLength(100);
    for (let n = 0; n < customers; n++) {
      const ofCustomer = events.filter(({ userId }) => userId === `${suspended}-user-${n}`);
      expect(ofCustomer.map(({ id }) => id)).toEqual(sent.filter((_, i) => i % customers === n));
    }
  });
});
