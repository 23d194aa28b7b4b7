import { startRedis, startRedisCluster } from '@tools/stack';
import { ConfigError } from './config';
import { createLogger } from './logging';
import { connectRedis, type RedisClient } from './redis';
import { requireNoEviction, requireWholeCluster } from './redis-durability';

const logger = createLogger('test', 'silent');

describe('a Redis that would forget', () => {
  const undo: (() => unknown)[] = [];

  const connected = (...urls: string[]): RedisClient => {
    const redis = connectRedis({ REDIS_URL: urls }, logger);
    undo.push(() => {
      redis.disconnect();
    });
    return redis;
  };

  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one();
  });

  it('is refused where it drops keys when its memory is full', async () => {
    const server = await startRedis({ settings: ['--maxmemory-policy', 'allkeys-lru'] });
    undo.push(() => server.stop());
    const redis = connected(server.url);
    await expect(requireNoEviction(redis)).rejects.toThrow(/allkeys-lru.*noeviction/);
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await expect(requireNoEviction(redis)).resolves.toBeUndefined();
    await expect(requireWholeCluster(redis)).resolves.toBeUndefined();
  });

  it('is refused where it is a node of a cluster that is named alone', async () => {
    const cluster = await startRedisCluster();
    undo.push(() => cluster.stop());
    const [first = ''] = cluster.nodes.map((node) => `redis://${node}`);
    await expect(requireWholeCluster(connected(first))).rejects.toThrow(ConfigError);
    await expect(requireWholeCluster(connected(first, first))).resolves.toBeUndefined();
  });
});
