import {
  connectRedis,
  createLogger,
  isRedisUnavailable,
  readConfig,
  type RedisClient,
  redisConfig,
  redisReady,
} from '@app/platform';
import { z } from 'zod';

const readyTimeoutMs = 5_000;

/** Runs the work with a connection to the Redis in the environment. Throws if Redis does not respond. */
export async function withRedis<T>(work: (redis: RedisClient) => Promise<T>): Promise<T> {
  const redis = connectRedis(readConfig(z.object(redisConfig)), createLogger('cli', 'fatal'), 'fail');
  try {
    await redisReady(redis, readyTimeoutMs);
    return await work(redis);
  } catch (error) {
    if (!isRedisUnavailable(error)) throw error;
    throw new Error(
      `Redis does not respond: ${(error as Error).message}. Check that it is running, and check REDIS_URL.`,
      {
        cause: error,
      },
    );
  } finally {
    redis.disconnect();
  }
}
