import { randomUUID } from 'node:crypto';
import { connectRedis, type RedisClient } from '@app/platform';
import { silentLogger } from '@app/testing';
import { RequestLimiter } from './request-limiter';

describe('the request limiter', () => {
  let redis: RedisClient;

  beforeAll(() => {
    redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
  });

  afterAll(() => {
    redis.disconnect();
  });

  it('allows the limit per second to all dispatchers together, and returns when to retry', async () => {
    const projectId = randomUUID();
    const [one, another] = [new RequestLimiter(redis), new RequestLimiter(redis)];
    const waits = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : another).take(projectId, 5)),
    );
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(5);
    const rejected = waits.filter((waitMs) => waitMs > 0);
    expect(Math.max(...rejected)).toBeLessThanOrEqual(1_000);
  });

  it('works in a pipeline that was started before the first limited request', async () => {
    const fresh = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
    const limiter = new RequestLimiter(fresh);
    await fresh.ping();
    const [, waitMs] = await Promise.all([fresh.get('any'), limiter.take(randomUUID(), 5)]);
    expect(waitMs).toBe(0);
    fresh.disconnect();
  });

  it('limits each project separately', async () => {
    const limiter = new RequestLimiter(redis);
    expect(await limiter.take(randomUUID(), 1)).toBe(0);
    expect(await limiter.take(randomUUID(), 1)).toBe(0);
  });
});
