import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { type z } from 'zod';
import { list, secret } from './config';
import { type Logger } from './logging';

/** Settings of every app that talks to Redis. */
export const redisConfig = {
  REDIS_URL: secret(
    list()
      .prefault('redis://127.0.0.1:6379')
      .describe('redis:// or rediss:// address; several, comma-separated, are nodes of one Redis Cluster'),
  ),
};

export type RedisConfig = z.output<z.ZodObject<typeof redisConfig>>;
export type RedisClient = Redis | Cluster;

const options = {
  enableAutoPipelining: true,
  // Work waits while Redis is away; nothing is delivered unclaimed, and nothing is given up.
  maxRetriesPerRequest: null,
  retryStrategy: (attempt) => Math.min(2_000, 50 * attempt),
  connectTimeout: 5_000,
  // A connection that answers nothing is dead, and its commands go out again on the next one: all of ours may repeat.
  socketTimeout: 5_000,
} as const satisfies RedisOptions;

/** One client for a process. Commands of one turn of the event loop travel in one pipeline. */
export function connectRedis({ REDIS_URL: urls }: RedisConfig, logger: Logger): RedisClient {
  const [first = '', ...rest] = urls;
  const redis =
    rest.length === 0
      ? new Redis(first, options)
      : new Cluster(urls, {
          enableAutoPipelining: true,
          redisOptions: options,
          clusterRetryStrategy: options.retryStrategy,
          // A pipeline that meets a slot which has moved does not make ioredis look where it is now.
          slotsRefreshInterval: 5_000,
        });
  let isDown = false;
  redis.on('error', (error: Error) => {
    if (!isDown) logger.warn({ err: error }, 'Redis cannot be reached; work waits until it can');
    isDown = true;
  });
  redis.on('ready', () => {
    if (isDown) logger.info('Redis is back');
    isDown = false;
  });
  return redis;
}

/** For the readiness check: undefined when commands can be served. */
export function redisProblem(redis: RedisClient): string | undefined {
  return redis.status === 'ready' ? undefined : `Redis is ${redis.status}`;
}
