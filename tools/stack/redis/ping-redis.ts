import { Redis } from 'ioredis';
import { type Certificate } from '../certificate-authority';

/** Throws unless the Redis at this URL is the process with this id. */
export async function requireRedisProcess(
  pid: number,
  url: string,
  certificate?: Certificate,
): Promise<void> {
  const info = await pingRedis(url, certificate);
  if (!info.includes(`process_id:${pid}\r`)) throw new Error(`another Redis is listening on ${url}`);
}

/**
 * Resolves with `INFO server` of the Redis at this URL. Does not verify its certificate.
 *
 * @param certificate client certificate, if the server requires one
 */
export async function pingRedis(url: string, certificate?: Certificate): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(url.startsWith('rediss:') && {
      tls: { cert: certificate?.cert, key: certificate?.key, rejectUnauthorized: false },
    }),
  });
  // The rejected call reports it too.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return await redis.info('server');
  } finally {
    redis.disconnect();
  }
}
