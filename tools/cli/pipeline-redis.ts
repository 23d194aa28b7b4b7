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
import { CannotRunError } from './exit-codes';

const readyTimeoutMs = 5_000;

/** Runs the work with a connection to the Redis in the environment. Throws {@link CannotRunError} if Redis does not respond. */
export async function withRedis<T>(work: (redis: RedisClient) => Promise<T>): Promise<T> {
  const redis = connectRedis(readConfig(z.object(redisConfig)), createLogger('cli', 'fatal'), 'fail');
  try {
    await redisReady(redis, readyTimeoutMs).catch((error: unknown) => {
      throw new CannotRunError((error as Error).message, { cause: error });
    });
    return await work(redis);
  } catch (error) {
    if (!isRedisUnavailable(error)) throw error;
    throw new CannotRunError(
      `Redis does not respond: ${(error as Error).message}. Check that it is running, and check REDIS_URL.`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}
