import { type Cluster, type Redis } from 'ioredis';
import { tlsFailure, type TlsPeer } from './tls';

export const redisTlsPeer: TlsPeer = { server: 'Redis', prefix: 'REDIS_SSL', address: 'REDIS_URL' };

/** Which settings to check after this error, for an operator. Undefined: it is not about settings. Contains no secret. */
export function redisProblem(error: Error): string | undefined {
  // The error of a Redis Cluster contains that of the last node that was asked.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return redisProblem(error.lastNodeError);
  const { message } = error;
  if (/^(WRONGPASS|NOAUTH|ERR AUTH)\b/.test(message))
    return 'Redis refused the credentials. Check the user name and the password in REDIS_URL.';
  if (message.startsWith('NOPERM'))
    return `The Redis user lacks a right (${message}). docs/connections.md lists the rights of each app.`;
  // With TLS, the message is another one.
  if (message === 'read ECONNRESET')
    return 'Redis closed the connection. If it requires TLS at this port, use rediss:// in REDIS_URL.';
  return tlsFailure(error, redisTlsPeer);
}

/**
 * Follows which settings to check while a client has no connection.
 *
 * @param onError called for each error, with what to check if that is known
 * @returns what to check now; undefined if the client is connected, or if its settings are not the reason
 */
export function followRedisProblem(
  redis: Redis | Cluster,
  onError: (problem: string | undefined, error: Error) => void = () => undefined,
): () => string | undefined {
  let current: string | undefined;
  redis.on('error', (error: Error) => {
    current = redisProblem(error);
    onError(current, error);
  });
  redis.on('ready', () => {
    current = undefined;
  });
  return () => current;
}
