import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { ConfigError } from './config';
import { type ReadinessCheck } from './health';
import { redisMemoryUsed, redisUnsafe } from './platform.metrics';
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
  const masters = isCluster ? redis.nodes('master') : [redis];
  const infos = await Promise.all(masters.map((node) => node.info()));
  reportSafety(infos.map(safetyOf));
  for (const [i, node] of masters.entries()) {
    const unsuitable = redisSuitability(infos[i] ?? '', isCluster);
    if (unsuitable !== undefined)
      return `Redis at ${addressOf(node)} ${unsuitable.problem} ${unsuitable.action}`;
  }
  return undefined;
}

function reportSafety(masters: readonly RedisSafety[]): void {
  const isAny = (has: (safety: RedisSafety) => boolean): number => (masters.some(has) ? 1 : 0);
  redisUnsafe.set(
    { setting: 'maxmemory_policy' },
    isAny(({ evictsKeys }) => evictsKeys),
  );
  redisUnsafe.set(
    { setting: 'persistence' },
    isAny(({ isDurable }) => !isDurable),
  );
  redisMemoryUsed.set(Math.max(0, ...masters.map(({ memoryUsed }) => memoryUsed)));
}

/** What decides whether a master can lose data, or will soon reject writes. */
interface RedisSafety {
  evictsKeys: boolean;
  /** Whether it has an append-only file that it can write, or a replica. */
  isDurable: boolean;
  /** Between 0 and 1. */
  memoryUsed: number;
}

/** @param info the response to INFO. What it does not contain counts as safe: some services hide fields. */
export function safetyOf(info: string): RedisSafety {
  const policy = fieldOf(info, 'maxmemory_policy') ?? 'noeviction';
  const isAppended = fieldOf(info, 'aof_enabled') !== '0' && fieldOf(info, 'aof_last_write_status') !== 'err';
  const used = Number(fieldOf(info, 'used_memory') ?? 0);
  const limit = Number(fieldOf(info, 'maxmemory') ?? 0) || Number(fieldOf(info, 'total_system_memory') ?? 0);
  return {
    evictsKeys: policy !== 'noeviction',
    isDurable: isAppended || Number(fieldOf(info, 'connected_slaves') ?? 0) > 0,
    memoryUsed: limit === 0 ? 0 : used / limit,
  };
}

function fieldOf(info: string, field: string): string | undefined {
  return new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1];
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
  const version = fieldOf(info, 'redis_version');
  if (version !== undefined && Number.parseInt(version) < minMajorVersion) {
    // SET with NX and GET, and scripts with a shebang, require 7.0.
    return { problem: `has version ${version}.`, action: 'Use Redis 7.0 or newer.' };
  }
  if (!isCluster && fieldOf(info, 'cluster_enabled') === '1') {
    return {
      problem: 'is a node of a Redis Cluster, and keys are on other nodes too.',
      action:
        'Set REDIS_URL to two or more of its nodes, separated by commas; the same address twice is enough.',
    };
  }
  const policy = fieldOf(info, 'maxmemory_policy');
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
