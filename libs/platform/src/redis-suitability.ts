import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { ConfigError } from './config';
import { type ReadinessCheck } from './health';
import { type RedisClient } from './redis';
import { followRedisProblem, redisProblem } from './redis-problem';

/**
 * Waits for Redis. Throws {@link ConfigError} if Redis cannot be used: it is older than 7.0, evicts keys, or REDIS_URL has only
 * one node of a Redis Cluster.
 */
export async function requireSuitableRedis(redis: RedisClient): Promise<void> {
  // Before that, the nodes of a Redis Cluster are unknown.
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
  const problem = await checkMasters(redis);
  if (problem !== undefined) throw new ConfigError(problem);
}

/**
 * Readiness check: writes to Redis, and checks memory policy and version again, since a failover may lead to another server.
 * It checks at most once a second, however often it is called.
 */
export function redisReadiness(redis: RedisClient): ReadinessCheck {
  const key = `readiness:${randomUUID()}`;
  const connectionProblem = followRedisProblem(redis);
  let running: Promise<string | undefined> | undefined;
  let last: { atMs: number; problem: string | undefined } | undefined;

  const check = async (): Promise<string | undefined> => {
    const problem = await checkNow(redis, key, connectionProblem);
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

async function checkNow(
  redis: RedisClient,
  key: string,
  connectionProblem: () => string | undefined,
): Promise<string | undefined> {
  try {
    await redis.set(key, '1', 'PX', keyTtlMs);
    return await checkMasters(redis);
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    return redisProblem(cause) ?? connectionProblem() ?? `Redis accepts no writes: ${cause.message}`;
  }
}

async function checkMasters(redis: RedisClient): Promise<string | undefined> {
  const isCluster = redis instanceof Cluster;
  for (const node of isCluster ? redis.nodes('master') : [redis]) {
    const unsuitable = redisSuitability(await node.info(), isCluster);
    if (unsuitable !== undefined)
      return `Redis at ${addressOf(node)} ${unsuitable.problem} ${unsuitable.action}`;
  }
  return undefined;
}

function addressOf({ options: { host, port } }: Redis): string {
  return host === undefined ? 'REDIS_URL' : `${host}:${String(port ?? 6_379)}`;
}

const minMajorVersion = 7;

/**
 * Whether the apps can use a Redis server; undefined if they can.
 *
 * @param info the response to INFO
 */
export function redisSuitability(
  info: string,
  isCluster: boolean,
): { problem: string; action: string } | undefined {
  const valueOf = (field: string): string | undefined => new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1];
  const version = valueOf('redis_version');
  if (version !== undefined && Number.parseInt(version) < minMajorVersion) {
    // SET with NX and GET, and scripts with a shebang, require 7.0.
    return { problem: `has version ${version}.`, action: 'Use Redis 7.0 or newer.' };
  }
  if (!isCluster && valueOf('cluster_enabled') === '1') {
    return {
      problem: 'is a node of a Redis Cluster, and keys are on other nodes too.',
      action:
        'Set REDIS_URL to two or more of its nodes, separated by commas; the same address twice is enough.',
    };
  }
  const policy = valueOf('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    return {
      problem:
        `has maxmemory-policy "${policy}": it would forget delivered events when its memory is full, ` +
        'and they would be delivered again.',
      action: 'Set maxmemory-policy to noeviction.',
    };
  }
  return undefined;
}
