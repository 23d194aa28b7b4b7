import { once } from 'node:events';
import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';
import { list, secret, settingsError } from './config';
import { type Logger } from './logging';
import { LogThrottle } from './log-throttle';
import { redisErrors, redisUp } from './platform.metrics';
import { type HostAndPort, parseRedisAddress, type RedisAddress } from './redis-address';
import { redisErrorCode } from './redis-error-code';
import { followRedisProblem, redisTlsPeer } from './redis-problem';
import { certificates, privateKey, tlsOptions, tlsProblems } from './tls';

/** Settings of every app that uses Redis. */
export const redisConfig = {
  REDIS_URL: secret(
    list()
      .superRefine((items, context) => {
        try {
          parseRedisAddress(items);
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
        }
      })
      .prefault('redis://127.0.0.1:6379')
      .describe(
        'Redis 7.0 or newer: redis://user:password@host:6379, or rediss:// for TLS. Redis Cluster: two or more nodes, comma-separated. Sentinel: redis+sentinel://user:password@host:26379,host:26379/master-name, or rediss+sentinel://',
      ),
  ),
  REDIS_SENTINEL_USERNAME: z.string().optional().describe('User name for the Sentinels'),
  REDIS_SENTINEL_PASSWORD: secret(
    z.string().optional().describe('Password for the Sentinels; the password for Redis is in REDIS_URL'),
  ),
  REDIS_SSL_CA: certificates().describe(
    'Private certificate authority of Redis and its Sentinels, as PEM text',
  ),
  REDIS_SSL_CERT: certificates().describe('Client certificate for Redis, as PEM text'),
  REDIS_SSL_KEY: privateKey().describe('Private key of the client certificate, as PEM text, unencrypted'),
};

export type RedisConfig = z.output<z.ZodObject<typeof redisConfig>>;
export type RedisClient = Redis | Cluster;

/**
 * What commands do while Redis is unavailable. `wait`: nothing is sent to Statsig unclaimed, and no event is given up.
 * `fail`: they fail within two seconds, for the operator's actions: an action reported as failed must not be executed later.
 */
export type WhenUnavailable = 'wait' | 'fail';

const commandOptions = {
  enableAutoPipelining: true,
  maxRetriesPerRequest: null,
  retryStrategy: (attempt) => Math.min(2_000, 50 * attempt),
  // CLIENT SETINFO exists only since Redis 7.2, and the user would need a permission for it.
  disableClientInfo: true,
  connectTimeout: 5_000,
  // A connection without a response is replaced, and its commands are sent again: all our commands can be repeated.
  socketTimeout: 5_000,
} as const satisfies RedisOptions;

const failingOptions = {
  commandTimeout: 2_000,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
} as const satisfies RedisOptions;

/** Creates a client. Commands of the same turn of the event loop share a pipeline. Throws {@link ConfigError}. */
export function connectRedis(
  config: RedisConfig,
  logger: Logger,
  whenUnavailable: WhenUnavailable = 'wait',
): RedisClient {
  const address = parseRedisAddress(config.REDIS_URL);
  const tls = { ca: config.REDIS_SSL_CA, cert: config.REDIS_SSL_CERT, key: config.REDIS_SSL_KEY };
  const problems = [
    ...tlsProblems(redisTlsPeer, address.isTls, 'Use rediss:// in REDIS_URL', tls),
    ...sentinelProblems(address, config),
  ];
  if (problems.length > 0) throw settingsError(problems);
  const options = { ...commandOptions, ...(whenUnavailable === 'fail' && failingOptions) };
  const redis = createClient(address, address.isTls ? tlsOptions(tls) : undefined, config, options, logger);
  logProblems(redis, whenUnavailable, logger);
  reportConnection(redis);
  return redis;
}

/** Logs each problem at most once a minute, however often the client reconnects. */
function logProblems(redis: RedisClient, whenUnavailable: WhenUnavailable, logger: Logger): void {
  const throttle = new LogThrottle(() => performance.now());
  followRedisProblem(redis, (problem, error) => {
    if (throttle.count(problem ?? '') === undefined) return;
    logger.warn(
      { err: error, problem },
      `Redis unavailable; commands ${whenUnavailable} until it is available`,
    );
  });
  redis.on('ready', () => {
    if (throttle.reset()) logger.info('Redis available');
  });
}

function reportConnection(redis: RedisClient): void {
  redisUp.set(0);
  redis.on('ready', () => {
    redisUp.set(1);
  });
  redis.on('close', () => {
    redisUp.set(0);
  });
  redis.on('error', () => {
    redisErrors.inc({ code: 'connection' });
  });
}

function sentinelProblems({ kind }: RedisAddress, config: RedisConfig): string[] {
  const { REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password } = config;
  const names = { REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password };
  if (kind !== 'sentinel') {
    return Object.entries(names).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: It has no effect because REDIS_URL has no Sentinels. Remove it.`],
    );
  }
  return username !== undefined && password === undefined
    ? ['REDIS_SENTINEL_PASSWORD: Set it to the password of REDIS_SENTINEL_USERNAME.']
    : [];
}

/** Resolves when commands can be sent. Rejects after the timeout, with the reason in the message. */
export async function redisReady(redis: RedisClient, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  let reason = 'it does not respond';
  const note = (error: Error): void => {
    reason = error.message;
  };
  redis.on('error', note);
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new Error(`Redis cannot be reached: ${reason}. Check that it runs, and REDIS_URL.`, {
      cause: error,
    });
  } finally {
    redis.off('error', note);
  }
}

/** Whether a command failed because of the state of Redis or of the connection, and may succeed later. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isStateOfClient =
    /^Command timed out|^Connection is closed|enableOfflineQueue|^Socket timeout|startup nodes/;
  return (
    (error.name === 'ReplyError' && redisErrorCode(error) !== undefined) ||
    isStateOfClient.test(error.message) ||
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'ClusterAllFailedError'
  );
}

function createClient(
  address: RedisAddress,
  tls: ConnectionOptions | undefined,
  config: RedisConfig,
  options: RedisOptions,
  logger: Logger,
): RedisClient {
  switch (address.kind) {
    case 'single':
      return reconnecting(logger, options, (all) => new Redis(address.url, { ...all, ...(tls && { tls }) }));
    case 'sentinel': {
      const named = tls && withNames(tls, address.sentinels);
      const redis = reconnecting(
        logger,
        options,
        (all) => new Redis({ ...all, ...sentinelOptions(address, named, config) }),
      );
      followFailovers(redis, address, named, config);
      return redis;
    }
    case 'cluster':
      return createCluster(address, tls && withNames(tls, address.nodes), options);
  }
}

/**
 * Creates a client that reconnects if its node has become a replica or is still loading its data, since such a node keeps its
 * connections open. The new connection goes to the node that the address or Sentinel points to now. A Redis Cluster does not
 * need this, because it redirects commands.
 */
function reconnecting(
  logger: Logger,
  options: RedisOptions,
  create: (options: RedisOptions) => Redis,
): Redis {
  let isLeaving = false;
  let loggedAtMs = -Infinity;
  const redis = create({
    ...options,
    reconnectOnError: (error) => {
      countRejection(error);
      // One disconnect is enough for all commands of a pipeline.
      if (!isWrongNode(error) || isLeaving) return false;
      isLeaving = true;
      if (performance.now() - loggedAtMs > wrongNodeLogIntervalMs) {
        loggedAtMs = performance.now();
        logger.warn({ err: error }, 'Redis node rejected a command; reconnecting');
      }
      return true;
    },
  });
  redis.on('ready', () => {
    isLeaving = false;
  });
  return redis;
}

const wrongNodeLogIntervalMs = 10_000;

/** ioredis passes every error of a command to `reconnectOnError`. */
function countRejection(error: Error): void {
  const code = redisErrorCode(error);
  if (code !== undefined) redisErrors.inc({ code });
}

/** Whether the command must be sent to another node: https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
function isWrongNode({ message }: Error): boolean {
  return /^(READONLY|MASTERDOWN|LOADING)\b/.test(message);
}

function sentinelOptions(
  { sentinels, masterName, db, username, password }: Extract<RedisAddress, { kind: 'sentinel' }>,
  tls: ConnectionOptions | undefined,
  config: RedisConfig,
): RedisOptions {
  return {
    sentinels,
    name: masterName,
    db,
    username,
    password,
    sentinelUsername: config.REDIS_SENTINEL_USERNAME,
    sentinelPassword: config.REDIS_SENTINEL_PASSWORD,
    sentinelCommandTimeout: 5_000,
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

/**
 * Disconnects from the old master as soon as the Sentinels announce another. Until the old master is reconfigured some seconds
 * later, it accepts writes, which are lost. ioredis's `failoverDetector` would do the same, but can permanently end a client
 * that is currently asking a Sentinel for the master.
 */
function followFailovers(
  redis: Redis,
  { sentinels, masterName }: Extract<RedisAddress, { kind: 'sentinel' }>,
  tls: ConnectionOptions | undefined,
  config: RedisConfig,
): void {
  const watchers = sentinels.map(
    (sentinel) =>
      new Redis({
        ...sentinel,
        username: config.REDIS_SENTINEL_USERNAME,
        password: config.REDIS_SENTINEL_PASSWORD,
        enableReadyCheck: false,
        maxRetriesPerRequest: null,
        retryStrategy: commandOptions.retryStrategy,
        ...(tls && { tls }),
      }),
  );
  for (const watcher of watchers) {
    // A Sentinel may be down. Problems are reported for the connection to the master.
    watcher.on('error', () => undefined);
    watcher.subscribe('+switch-master').catch(() => undefined);
    watcher.on('message', (_channel, text: string) => {
      if (text.startsWith(`${masterName} `) && redis.status === 'ready') redis.disconnect(true);
    });
  }
  redis.once('end', () => {
    for (const watcher of watchers) watcher.disconnect();
  });
}

function createCluster(
  { nodes, username, password }: Extract<RedisAddress, { kind: 'cluster' }>,
  tls: ConnectionOptions | undefined,
  options: RedisOptions,
): Cluster {
  return new Cluster(nodes, {
    enableAutoPipelining: true,
    enableOfflineQueue: options.enableOfflineQueue ?? true,
    redisOptions: {
      ...options,
      username,
      password,
      ...(tls && { tls }),
      reconnectOnError: (error) => {
        countRejection(error);
        return false;
      },
    },
    clusterRetryStrategy: commandOptions.retryStrategy,
    // ioredis does not refresh its slots if a pipeline hits a slot that has moved.
    slotsRefreshInterval: 5_000,
    // Certificates are issued for names, but ioredis would connect to the resolved address.
    ...(tls && {
      dnsLookup: (name, found) => {
        found(null, name);
      },
    }),
  });
}

/**
 * Certificates are usually issued for names, but masters, nodes of a cluster and Sentinels that are discovered later are
 * announced by IP address. For an IP address, a certificate for any name in REDIS_URL is accepted.
 */
function withNames(tls: ConnectionOptions, addresses: readonly HostAndPort[]): ConnectionOptions {
  const names = addresses.map(({ host }) => host).filter((host) => isIP(host) === 0);
  return {
    ...tls,
    checkServerIdentity: (host, certificate) => {
      const accepted = isIP(host) === 0 ? [host] : [host, ...names];
      const problems = accepted.map((name) => checkServerIdentity(name, certificate));
      return problems.includes(undefined) ? undefined : problems[0];
    },
  };
}
