import { Cluster } from 'ioredis';
import { ConfigError } from './config';
import { type RedisClient } from './redis';

/**
 * Refuses a Redis that drops keys when its memory is full: a forgotten event id would be delivered again.
 * Throws {@link ConfigError}.
 */
export async function requireNoEviction(redis: RedisClient): Promise<void> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  for (const node of nodes) {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await node.info('memory'))?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      throw new ConfigError(
        `Redis at ${node.options.host ?? 'REDIS_URL'} has maxmemory-policy "${policy}": it would forget delivered events when full, ` +
          'and they would be delivered again. Set maxmemory-policy to noeviction.',
      );
    }
  }
}

/**
 * Refuses a node of a Redis Cluster that is named alone: keys live on all of them, and would not be found.
 * Throws {@link ConfigError}.
 */
export async function requireWholeCluster(redis: RedisClient): Promise<void> {
  if (redis instanceof Cluster) return;
  if (!/^cluster_enabled:1/m.test(await redis.info('cluster'))) return;
  throw new ConfigError(
    `Redis at ${redis.options.host ?? 'REDIS_URL'} is a node of a Redis Cluster. ` +
      'Name two or more of its nodes in REDIS_URL, separated by commas; one address twice will do.',
  );
}
