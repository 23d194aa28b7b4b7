import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { ConfigError } from './config';
import { type ReadinessCheck } from './health';
import { type RedisClient } from './redis';
import { followRedisProblem, redisProblem } from './redis-problem';

/**
 * Waits for Redis, then refuses one that cannot keep our promises: older than 7.0, with eviction, or one node of a Redis
 * Cluster named alone. Throws {@link ConfigError}.
 */
export async function requireSuitableRedis(redis: RedisClient): Promise<void> {
  // A Redis Cluster has no known nodes before.
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  const problem = await problemOfMasters(redis);
  if (problem !== undefined) throw new ConfigError(problem);
}

/**
 * For the readiness check: why Redis cannot be used now, found out by a write. Memory policy and version are looked at
 * again too, since a failover may lead to another server. Checks at most once a second, whatever the probes.
 */
export function redisReadiness(redis: RedisClient): ReadinessCheck {
  const key = `readiness:${randomUUID()}`;
  const connectionProblem = followRedisProblem(redis);
  let running: Promise<string | undefined> | undefined;
  let last: { atMs: number; problem: string | undefined } | undefined;

  const check = async (): Promise<string | undefined> => {
    const problem = await problemNow(redis, key, connectionProblem);
    last = { atMs: performance.now(), problem };
    running = undefined;
    return problem;
  };

  return async () => {
    if (last !== undefined && performance.now() - last.atMs < checkIntervalMs) return last.problem;
    running ??= check();
    const waited = new AbortController();
    const slow = delay(checkTimeoutMs, undefined, { signal: waited.signal }).then(
      () => connectionProblem() ?? `Redis accepts no writes (connection: ${redis.status})`,
      () => undefined,
    );
    return Promise.race([running, slow]).finally(() => {
      waited.abort();
    });
  };
}

const checkIntervalMs = 1_000;
const checkTimeoutMs = 1_000;
const keyTtlMs = 10_000;

async function problemNow(
  redis: RedisClient,
  key: string,
  connectionProblem: () => string | undefined,
): Promise<string | undefined> {
  try {
    await redis.set(key, '1', 'PX', keyTtlMs);
    return await problemOfMasters(redis);
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    return redisProblem(cause) ?? connectionProblem() ?? `Redis accepts no writes: ${cause.message}`;
  }
}

async function problemOfMasters(redis: RedisClient): Promise<string | undefined> {
  const isCluster = redis instanceof Cluster;
  for (const node of isCluster ? redis.nodes('master') : [redis]) {
    const problem = problemOf(await node.info(), isCluster);
    if (problem !== undefined) return `Redis at ${addressOf(node)} ${problem}`;
  }
  return undefined;
}

function addressOf({ options: { host, port } }: Redis): string {
  return host === undefined ? 'REDIS_URL' : `${host}:${String(port ?? 6_379)}`;
}

const leastMajorVersion = 7;

/** @param info the response to INFO */
export function problemOf(info: string, isCluster: boolean): string | undefined {
  const valueOf = (field: string): string | undefined => new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1];
  const version = valueOf('redis_version');
  if (version !== undefined && Number.parseInt(version) < leastMajorVersion) {
    // SET with NX and GET, and scripts that declare themselves, are new in 7.0.
    return `has version ${version}. Use Redis 7.0 or newer.`;
  }
  if (!isCluster && valueOf('cluster_enabled') === '1') {
    return (
      'is a node of a Redis Cluster, and keys are on other nodes too. ' +
      'Name two or more of its nodes in REDIS_URL, separated by commas; one address twice will do.'
    );
  }
  const policy = valueOf('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    return (
      `has maxmemory-policy "${policy}": it would forget delivered events when its memory is full, ` +
      'and they would be delivered again. Set maxmemory-policy to noeviction.'
    );
  }
  return undefined;
}
