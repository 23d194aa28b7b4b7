import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { IntegrationStore, RejectedWebhooksStore, SecretBox } from '@app/integrations';
import { deleteTopic, deliveriesTopic, dispatcherGroup, RecordProducer } from '@app/kafka';
import { connectRedis, type RedisClient } from '@app/platform';
import { FakeRevenueCat, type ScratchTopics, scratchTopics, silentLogger } from '@app/testing';
import { type LocalRedis, startRedis } from '@tools/stack';
import { runCli } from '../test/run-cli';
import { type Finding } from './finding';

/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('npm run cli -- doctor', () => {
  let ownRedis: LocalRedis;
  let redis: RedisClient;
  let topics: ScratchTopics;
  let endpoint: Server;
  let store: IntegrationStore;
  let env: Record<string, string>;

  beforeAll(async () => {
    endpoint = createServer((_request, response) => response.writeHead(404).end());
    await once(endpoint.listen(0, '127.0.0.1'), 'listening');
    [ownRedis, topics] = await Promise.all([startRedis(), scratchTopics(2, { projects: ['shop'] })]);
    redis = connectRedis({ REDIS_URL: [ownRedis.url] }, silentLogger);
    const key = randomBytes(32);
    store = new IntegrationStore(redis, new SecretBox([key]));
    await store.save({ projectId: 'shop', serverSecret: 'secret-of-shop', partitions: 2 });
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    env = {
      KAFKA_TOPIC_PREFIX: topics.prefix,
      TOPIC_PARTITIONS: '2',
      REDIS_URL: ownRedis.url,
      SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
      STATSIG_BASE_URL: url,
      STATSIG_EVENTS_URL: url,
      REVENUECAT_API_URL: url,
    };
  });

  afterAll(async () => {
    redis.disconnect();
    endpoint.close();
    await topics.remove();
    await ownRedis.stop();
  });

  async function doctor(changes: Record<string, string> = {}) {
    const args = ['doctor', '--json', '--observe', '1'];
    const { code, stdout, stderr } = await runCli(args, { env: { ...env, ...changes } });
    if (stdout === '') throw new Error(stderr);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    return { code, stdout, findings, errors: findings.filter(({ level }) => level === 'error') };
  }

  const errorIn = (subject: string, found: string) =>
    expect.objectContaining({ subject, found: expect.stringContaining(found) as unknown }) as unknown;

  it('exits with 0 and describes everything if it finds no error', async () => {
    const { code, findings, errors } = await doctor();
    expect(errors).toEqual([]);
    expect(code).toBe(0);
    const ok = findings
      .filter(({ level }) => level === 'ok')
      .map(({ subject, found }) => `${subject}: ${found}`);
    for (const expected of [
      /^Kafka: Reachable: version \d/,
      /revenuecat\.events: 2 partitions/,
      /statsig\.deliveries\.shop: 2 partitions/,
      /^Redis: Reachable as a single server/,
      /^integration shop: .* enabled/,
      /^Statsig: .*responded with 404/,
      /^RevenueCat: .*responded with 404/,
      /^clock: It agrees with: Redis/,
    ]) {
      expect(ok).toContainEqual(expect.stringMatching(expected));
    }
  });

  it(
    'finds wrong settings of topics and Redis, a stuck group, a wrong key and an unreachable server',
    async () => {
      const { events, deliveriesDeadLetter } = topics.names;
      const deliveries = deliveriesTopic(topics.names, 'shop');
      await topics.alter(events, { 'retention.ms': '1000', 'max.message.bytes': '1000' });
      await deleteTopic(topics.kafka, deliveriesDeadLetter, 'no-such-group');
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const producer = new RecordProducer(topics.kafka, silentLogger);
      await producer.connect();
      await producer.send([{ topic: deliveries, key: 'k', value: 'v' }]);
      await producer.disconnect();
      const group = topics.kafka.consumer({ groupId: dispatcherGroup(topics.prefix, 'shop') });
      await group.connect();
      await group.subscribe({ topic: deliveries });
      const joined = new Promise((resolve) => group.on(group.events.GROUP_JOIN, resolve));
      await group.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
      await joined;

      const changed = {
        SETTINGS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        STATSIG_BASE_URL: 'http://127.0.0.1:9',
      };
      const { code, stdout, errors } = await doctor(changed);
      const stuck = await doctor();
      await group.disconnect();
      expect(stuck.errors).toContainEqual(errorIn(dispatcherGroup(topics.prefix, 'shop'), 'Stuck'));
      expect(code).toBe(1);
      expect(errors).toEqual(
        expect.arrayContaining([
          errorIn(events, 'retention.ms is 1s'),
          errorIn(events, 'max.message.bytes is 1000'),
          errorIn(deliveriesDeadLetter, 'does not exist'),
          errorIn('Redis', 'allkeys-lru'),
          errorIn('integration shop', 'another key'),
          errorIn('Statsig', 'refuses connections'),
        ]),
      );
      expect(errors.every(({ action }) => action !== undefined)).toBe(true);
      expect(stdout).not.toContain('secret-of-shop');
      expect(stdout).not.toContain(changed.SETTINGS_ENCRYPTION_KEY);

      await redis.config('SET', 'maxmemory-policy', 'noeviction');
    },
    severalRunsMs,
  );

  it(
    'compares the webhooks in RevenueCat with the integrations that have an API key',
    async () => {
      const fake = await FakeRevenueCat.start();
      const lookup = { revenueCatProjectId: 'proj1', apiKey: fake.apiKey };
      await store.save({ projectId: 'keyed', serverSecret: 'secret-of-keyed', partitions: 2, lookup });
      const webhooks = async (changes: Record<string, string> = {}) => {
        const urls = { REVENUECAT_API_URL: fake.url, INGEST_PUBLIC_URL: 'https://hooks.example' };
        const { stdout, findings } = await doctor({ ...urls, ...changes });
        expect(stdout).not.toContain(fake.apiKey);
        return findings.filter(({ subject }) => subject.startsWith('webhook of'));
      };
      try {
        const url = 'https://hooks.example/v1/projects/keyed/webhooks/revenuecat';
        const { id } = fake.webhooks.add({ url, environment: 'production' });
        expect(await webhooks()).toMatchObject([{ level: 'ok', subject: 'webhook of keyed' }]);

        Object.assign(fake.webhooks.all[0] ?? {}, { environment: 'sandbox', event_types: ['renewal'] });
        const rejected = { projectId: 'keyed', outcome: 'unauthorized', count: 2, detail: 'It is short.' };
        await new RejectedWebhooksStore(redis).add({ ...rejected, lastAtMs: Date.now() });
        expect(await webhooks()).toEqual([
          errorIn('webhook of keyed', `${id}: It sends only sandbox events`),
          errorIn('webhook of keyed', `${id}: It does not send all selected event types`),
          errorIn('webhook of keyed', 'ingest rejected 2 webhooks'),
        ]);
        fake.permissions = [];
        expect(await webhooks()).toMatchObject([
          { level: 'warning', found: expect.stringContaining('integrations:read') as unknown },
        ]);
        expect(await webhooks({ REVENUECAT_API_URL: 'http://127.0.0.1:9' })).toMatchObject([
          { level: 'warning', found: expect.stringContaining('failed') as unknown },
        ]);
      } finally {
        await store.remove('keyed');
        await fake.stop();
      }
    },
    severalRunsMs,
  );

  it(
    'reports servers that do not respond, and exits with 2 if the settings are invalid',
    async () => {
      const { code, errors } = await doctor({
        KAFKA_BROKERS: '127.0.0.1:9',
        REDIS_URL: 'redis://127.0.0.1:9',
      });
      expect(code).toBe(1);
      expect(errors).toEqual(
        expect.arrayContaining([errorIn('Kafka', 'not reachable'), errorIn('Redis', 'cannot be reached')]),
      );
      const invalid = await runCli(['doctor'], { env: { ...env, TOPIC_PARTITIONS: 'many' } });
      expect(invalid).toMatchObject({ code: 2, stdout: '' });
    },
    severalRunsMs,
  );
});
