import { Redis } from 'ioredis';

/** Resolves with `INFO server` when a Redis there answers. Its certificate is not verified. */
export async function redisAnswers(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(url.startsWith('rediss:') && { tls: { rejectUnauthorized: false } }),
  });
  // The rejected call says it as well.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return await redis.info('server');
  } finally {
    redis.disconnect();
  }
}
