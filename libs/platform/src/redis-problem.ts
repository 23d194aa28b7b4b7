import { type Cluster, type Redis } from 'ioredis';
import { tlsFailure, type TlsPeer } from './tls';

export const redisTlsPeer: TlsPeer = { server: 'Redis', prefix: 'REDIS_SSL', address: 'REDIS_URL' };

/** Explains an error and names the settings to check. Undefined if settings are not the cause. Contains no secret. */
export function redisProblem(error: Error): string | undefined {
  // The error of a Redis Cluster contains the error of the last node that was tried.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return redisProblem(error.lastNodeError);
  const { message } = error;
  if (/^(WRONGPASS|NOAUTH|ERR AUTH)\b/.test(message))
    return 'Redis rejected the credentials. Check the user name and the password in REDIS_URL.';
  if (message.startsWith('NOPERM'))
    return `The Redis user lacks a permission (${message}). docs/connections.md lists the permissions of each app.`;
  // With TLS, the message is different.
  if (message === 'read ECONNRESET')
    return 'Redis closed the connection. If it requires TLS at this port, use rediss:// in REDIS_URL.';
  return tlsFailure(error, redisTlsPeer);
}

/**
 * Tracks the problem of a client while it is not connected.
 *
 * @param onError called for each error, with the problem if it is known
 * @returns a function that returns the current problem; undefined if the client is connected or settings are not the cause
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
