import { Redis } from 'ioredis';
import { type Certificate } from '../certificate-authority';

/**
 * Resolves with `INFO server` when a Redis there answers. Its certificate is not verified.
 *
 * @param certificate for a server that requires one of its clients
 */
export async function redisAnswers(url: string, certificate?: Certificate): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(url.startsWith('rediss:') && {
      tls: { cert: certificate?.cert, key: certificate?.key, rejectUnauthorized: false },
    }),
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
