import { startRedis, startRedisCluster } from '@tools/stack';
import { silentLogger } from '@app/testing';
import { type Cluster } from 'ioredis';
import { ConfigError } from './config';
import { type ReadinessCheck } from './health';
import { connectRedis, type RedisClient } from './redis';
import { redisReadiness, requireSuitableRedis } from './redis-suitability';

describe('an unsuitable Redis', () => {
  const undo: (() => unknown)[] = [];

  const connected = (...urls: string[]): RedisClient => {
    const redis = connectRedis({ REDIS_URL: urls }, silentLogger);
    undo.push(() => {
      redis.disconnect();
    });
    return redis;
  };

  const readinessUntil = async (
    readiness: ReadinessCheck,
    isMet: (problem: string | undefined) => boolean,
  ): Promise<string | undefined> => {
    for (;;) {
      const problem = await readiness();
      if (isMet(problem)) return problem;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one();
  });

  it('is rejected if it evicts keys when its memory is full', async () => {
    const server = await startRedis({ settings: ['--maxmemory-policy', 'allkeys-lru'] });
    undo.push(() => server.stop());
    const redis = connected(server.url);
    await expect(requireSuitableRedis(redis)).rejects.toThrow(/allkeys-lru.*noeviction/);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await expect(requireSuitableRedis(redis)).resolves.toBeUndefined();
  });

  it('is rejected if it is the only given node of a cluster', async () => {
    const cluster = await startRedisCluster();
    undo.push(() => cluster.stop());
    const [first = ''] = cluster.urls;
    await expect(requireSuitableRedis(connected(first))).rejects.toThrow(ConfigError);
    const whole = connected(first, first) as Cluster;
    await expect(requireSuitableRedis(whole)).resolves.toBeUndefined();
    expect(await redisReadiness(whole)()).toBeUndefined();
    // Every master is checked.
    await whole.nodes('master').at(-1)?.config('SET', 'maxmemory-policy', 'allkeys-random');
    await expect(requireSuitableRedis(whole)).rejects.toThrow('allkeys-random');
  });

  it('is not ready while it is down, evicts keys, or accepts no writes', async () => {
    const server = await startRedis();
    undo.push(() => server.stop());
    const redis = connected(server.url);
    const readiness = redisReadiness(redis);
    expect(await readiness()).toBeUndefined();

    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await readinessUntil(readiness, (problem) => problem !== undefined)).toContain('allkeys-lru');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await readinessUntil(readiness, (problem) => problem === undefined);

    await redis.config('SET', 'maxmemory', '1');
    expect(await readinessUntil(readiness, (problem) => problem !== undefined)).toMatch(
      /^Redis accepts no writes: OOM/,
    );
    await redis.config('SET', 'maxmemory', '0');
    await readinessUntil(readiness, (problem) => problem === undefined);

    await server.kill();
    expect(await readinessUntil(readiness, (problem) => problem !== undefined)).toMatch(
      /^Redis accepts no writes/,
    );
    await server.restart();
    expect(await readinessUntil(readiness, (problem) => problem === undefined)).toBeUndefined();
  });
});
