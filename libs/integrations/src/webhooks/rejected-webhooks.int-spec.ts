import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { type LocalRedis, startRedis } from '@tools/stack';
import { type RejectedWebhooks, RejectedWebhooksStore } from './rejected-webhooks';

const hourMs = 3_600_000;
const nowMs = 1_000 * hourMs;

describe('RejectedWebhooksStore', () => {
  let server: LocalRedis;
  let redis: RedisClient;
  let store: RejectedWebhooksStore;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis({ REDIS_URL: [server.url] }, silentLogger);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    await redis.flushall();
    store = new RejectedWebhooksStore(redis);
  });

  const rejected = (change: Partial<RejectedWebhooks>): RejectedWebhooks => ({
    ...{ projectId: 'shop', outcome: 'unauthorized', count: 1, lastAtMs: nowMs, detail: 'wrong value' },
    ...change,
  });

  it('counts by project and outcome, and starts again after 24 hours without a rejection', async () => {
    await store.add(rejected({ lastAtMs: nowMs - 30 * hourMs, count: 7 }));
    await store.add(rejected({ lastAtMs: nowMs - 2 * hourMs, count: 2 }));
    await store.add(rejected({ lastAtMs: nowMs, count: 3 }));
    await store.add(rejected({ lastAtMs: nowMs - hourMs, outcome: 'too_large' }));
    expect(await store.list(nowMs)).toEqual([
      rejected({ count: 5 }),
      rejected({ lastAtMs: nowMs - hourMs, outcome: 'too_large' }),
    ]);
  });

  it.each(['not JSON', '1', '{"count":1}'])('ignores and replaces the stored value %s', async (value) => {
    await redis.hset('webhooks:rejected', { 'shop/unauthorized': value, 'other/unauthorized': value });
    expect(await store.list(nowMs)).toEqual([]);
    await store.add(rejected({}));
    expect(await store.list(nowMs)).toEqual([rejected({})]);
  });
});
