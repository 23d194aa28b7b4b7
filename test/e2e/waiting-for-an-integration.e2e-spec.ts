import { randomBytes } from 'node:crypto';
import { IntegrationStore, SecretBox } from '@app/integrations';
import { deliveriesTopic, RecordProducer } from '@app/kafka';
import { connectRedis, createApp, readConfig } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type LocalRedis, startRedis, until } from '@tools/stack';
import { mapperApp } from '../../apps/mapper/src/mapper.app';

describe('without any integration', () => {
  // A separate Redis, because all pipelines on one Redis share its integrations.
  let ownRedis: LocalRedis;
  let topics: ScratchTopics;
  let producer: RecordProducer;

  beforeAll(async () => {
    [ownRedis, topics] = await Promise.all([startRedis(), scratchTopics(3, { projects: [] })]);
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
  });

  afterAll(async () => {
    await producer.disconnect();
    await topics.remove();
    await ownRedis.stop();
  });

  it('events wait in Kafka, readiness reports what is missing, and events are mapped after one is added', async () => {
    const key = randomBytes(32);
    const config = readConfig(mapperApp.configSchema, {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
      KAFKA_TOPIC_PREFIX: topics.prefix,
      REDIS_URL: ownRedis.url,
      SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
    });
    const app = await createApp(mapperApp, config, silentLogger);
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const ready = `${await app.getUrl()}/health/ready`;
    const redis = connectRedis({ REDIS_URL: [ownRedis.url] }, silentLogger);
    try {
      const value = JSON.stringify({ event: { id: 'waits', type: 'RENEWAL', app_user_id: 'u' } });
      await producer.send([{ topic: topics.names.events, key: 'u', value }]);
      // Every other check passes; only the integration is missing.
      await until(
        async () => {
          const readiness = (await (await fetch(ready)).json()) as {
            error: Record<string, { message?: string }>;
          };
          expect(Object.keys(readiness.error)).toEqual(['integrations']);
          expect(JSON.stringify(readiness.error)).toContain(
            'Set STATSIG_SERVER_SECRET, or add an integration',
          );
        },
        { timeoutMs: 20_000 },
      );
      const deliveries = deliveriesTopic(topics.names, 'default');
      const admin = topics.kafka.admin();
      await admin.connect();
      expect(await admin.listTopics()).not.toContain(deliveries);

      await new IntegrationStore(redis, new SecretBox([key])).save({
        projectId: 'default',
        serverSecret: 'secret-1',
      });
      // The mapper creates the topic.
      await until(
        async () => {
          expect(await admin.listTopics()).toContain(deliveries);
        },
        { timeoutMs: 20_000 },
      );
      await admin.disconnect();
      const [delivery] = await topics.read(deliveries, 1);
      expect(JSON.parse(String(delivery?.value))).toMatchObject({ eventId: 'waits' });
      expect((await fetch(ready)).ok).toBe(true);
    } finally {
      redis.disconnect();
      await app.close();
    }
  });
});
