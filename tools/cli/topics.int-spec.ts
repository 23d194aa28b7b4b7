import { randomBytes } from 'node:crypto';
import { IntegrationStore, SecretBox } from '@app/integrations';
import { deliveriesTopic, deadLetter, dispatcherGroup, RecordProducer } from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { type LocalRedis, startRedis } from '@tools/stack';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { runCli } from './test/run-cli';

/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('topics of projects in the CLI', () => {
  // A separate Redis, because all integrations in Redis are read.
  let ownRedis: LocalRedis;
  let redis: RedisClient;
  let store: IntegrationStore;
  let topics: ScratchTopics;
  let env: Record<string, string>;

  beforeAll(async () => {
    [ownRedis, topics] = await Promise.all([startRedis(), scratchTopics(2, { projects: [] })]);
    redis = connectRedis({ REDIS_URL: [ownRedis.url] }, silentLogger);
    store = new IntegrationStore(redis, new SecretBox([randomBytes(32)]));
    env = {
      KAFKA_TOPIC_PREFIX: topics.prefix,
      TOPIC_PARTITIONS: '2',
      REDIS_URL: ownRedis.url,
      STATSIG_SERVER_SECRET: 'secret-1',
    };
  });

  afterAll(async () => {
    redis.disconnect();
    await topics.remove();
    await ownRedis.stop();
  });

  async function write(...values: Parameters<RecordProducer['send']>[0]): Promise<void> {
    const producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    await producer.send(values);
    await producer.disconnect();
  }

  it(
    'creates a topic per integration, lists topics without an integration, and deletes only those',
    async () => {
      await store.save({ projectId: 'shop', serverSecret: 'secret', partitions: 3 });
      const shop = deliveriesTopic(topics.names, 'shop');
      const first = await runCli(['topics'], { env });
      expect(first).toMatchObject({ code: 0 });
      expect(first.stdout).toContain(`Created: ${deliveriesTopic(topics.names, 'default')}, ${shop}`);
      expect(first.stdout).not.toContain('no integration');

      const kept = await runCli(['topics', '--delete-orphaned', 'shop', '--yes'], { env });
      expect(kept).toMatchObject({ code: 1 });
      expect(kept.stderr).toContain('has an integration');

      await store.remove('shop');
      await write({ topic: shop, key: 'k', value: 'v' });
      const second = await runCli(['topics'], { env });
      expect(second.stdout).toContain(`${shop} has no integration and 1 undelivered events`);

      const group = topics.kafka.consumer({ groupId: dispatcherGroup(topics.prefix, 'shop') });
      await group.connect();
      await group.subscribe({ topic: shop });
      const joined = new Promise((resolve) => group.on(group.events.GROUP_JOIN, resolve));
      await group.run({ eachMessage: () => Promise.resolve() });
      await joined;
      const used = await runCli(['topics', '--delete-orphaned', 'shop', '--yes'], { env });
      expect(used.stderr).toContain('is still consumed by 1 members');
      await group.disconnect();

      const deleted = await runCli(['topics', '--delete-orphaned', 'shop', '--yes'], { env });
      expect(deleted).toMatchObject({ code: 0, stdout: `Deleted: ${shop}\n` });
      const third = await runCli(['topics'], { env });
      expect(third.stdout).toBe('All topics exist.\n');
    },
    severalRunsMs,
  );

  it('reports that integrations in Redis were ignored if REDIS_URL is not set', async () => {
    const { stdout } = await runCli(['topics'], { env: { ...env, REDIS_URL: '' } });
    expect(stdout).toContain('REDIS_URL is not set');
  });

  it('shows the lag of each project', async () => {
    await topics.deliveriesOf('lagging');
    await write(
      { topic: deliveriesTopic(topics.names, 'lagging'), key: 'a', value: 'v' },
      { topic: deliveriesTopic(topics.names, 'lagging'), key: 'b', value: 'v' },
      { topic: topics.names.events, key: 'a', value: 'v' },
    );
    const { stdout } = await runCli(['lag'], { env });
    expect(stdout).toMatch(/mapper .*revenuecat\.events.*mapper .* 1 /);
    expect(stdout).toMatch(/dispatcher .* lagging .*statsig\.deliveries\.lagging.*dispatcher\.lagging .* 2 /);
  });

  it(
    'redrives the dead letter of a delivery to its partition, and reports those whose topic is missing',
    async () => {
      const topic = await topics.deliveriesOf('returning');
      const headers = { 'event-id': 'e1' };
      const cause = { reason: 'statsig_400', detail: '', stage: 'dispatcher', attempts: 1, atMs: 1 } as const;
      const from = (source: string) =>
        deadLetter(
          topics.names.deliveriesDeadLetter,
          { topic: source, partition: 1, offset: 0, key: Buffer.from('k'), value: Buffer.from('v'), headers },
          cause,
        );
      await write(from(topic), from(deliveriesTopic(topics.names, 'gone')));
      const { stdout } = await runCli(['dead-letters', 'redrive', '--all'], { env });
      expect(stdout).toContain('1 were not sent again: project "gone" has no deliveries topic');
      expect(stdout).toContain('1 sent again');
      const [record] = await topics.read(topic, 1);
      expect(record).toMatchObject({ partition: 1, headers: { 'event-id': 'e1' } });
      const [audited] = await topics.read(topics.names.audit, 1);
      expect(JSON.parse(audited?.value?.toString() ?? '')).toMatchObject({
        ...{ who: 'command line', action: 'redrive', target: 'all' },
        detail: { deadLetters: 1 },
      });
    },
    severalRunsMs,
  );
});
