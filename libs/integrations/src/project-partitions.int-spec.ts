import { randomBytes } from 'node:crypto';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type LocalRedis, startRedis } from '@tools/stack';
import { IntegrationStore } from './integration-store';
import { forgetProjectPartitions, readProjectPartitions } from './project-partitions';
import { SecretBox } from './secret-box';

describe('the partition counts of projects', () => {
  let own: LocalRedis;
  let redis: RedisClient;

  beforeAll(async () => {
    own = await startRedis();
    redis = connectRedis({ REDIS_URL: [own.url] }, silentLogger);
  });

  afterAll(async () => {
    redis.disconnect();
    await own.stop();
  });

  it('are read without the encryption key, even from invalid settings', async () => {
    const store = new IntegrationStore(redis, new SecretBox([randomBytes(32)]));
    await store.save({ projectId: 'small', serverSecret: 'secret', partitions: 3 });
    await store.save({ projectId: 'broken', serverSecret: 'secret', partitions: 3 });
    await redis.set('integration:broken', '{"partitions":');
    const { listed } = await readProjectPartitions(redis);
    expect(listed).toEqual(
      new Map([
        ['small', 3],
        ['broken', 12],
      ]),
    );
  });

  it('are kept after the integration was removed, until the topic is deleted', async () => {
    const store = new IntegrationStore(redis, new SecretBox([randomBytes(32)]));
    await store.save({ projectId: 'gone', serverSecret: 'secret', partitions: 3 });
    await store.remove('gone');
    const { listed, removed } = await readProjectPartitions(redis);
    expect([listed.has('gone'), removed.get('gone')]).toEqual([false, 3]);
    await forgetProjectPartitions(redis, 'gone');
    expect((await readProjectPartitions(redis)).removed.has('gone')).toBe(false);
    expect(await store.save({ projectId: 'gone', serverSecret: 'secret', partitions: 4 })).toMatchObject({
      partitions: 4,
    });
  });
});
