import { type RejectedWebhooks, RejectedWebhooksStore, SecretBoxError } from '@app/integrations';
import { readConfig, type RedisClient, redisConfig } from '@app/platform';
import { Cluster } from 'ioredis';
import { z } from 'zod';
import { CannotRunError } from '../exit-codes';
import { environmentIntegration, type IntegrationStatus, integrationStatuses } from '../integration-statuses';
import { withRedis } from '../pipeline-redis';
import { type ClockDifference } from './evaluate-clock';
import { evaluateIntegrations } from './evaluate-integrations';
import { evaluateRedis, type RedisDescription } from './evaluate-redis';
import { error, type Finding, warning } from './finding';

export interface RedisInspection {
  findings: Finding[];
  integrations: readonly IntegrationStatus[];
  /** Webhooks that ingest rejected in the last 24 hours; empty if they were not read. */
  rejections: readonly RejectedWebhooks[];
  /** False if Redis did not respond, so that only the integration in the environment is known. */
  isComplete: boolean;
  clocks: ClockDifference[];
}

export async function inspectRedis(): Promise<RedisInspection> {
  // Reports invalid settings before any of the checks.
  const { REDIS_URL } = readConfig(z.object(redisConfig));
  const integrations = environmentIntegration();
  const isSentinel = REDIS_URL[0]?.includes('+sentinel://') === true;
  try {
    return await withRedis(async (redis) => {
      const findings = evaluateRedis(await describe(redis, isSentinel));
      const clock = await permitted(clockOf(redis), 'clock', 'its time', 'the command TIME');
      const rejections = await permitted(
        new RejectedWebhooksStore(redis).list(Date.now()),
        'webhooks',
        'the webhooks that were rejected',
        'to read the key webhooks:rejected',
      );
      return {
        clocks: clock.found === undefined ? [] : [clock.found],
        rejections: rejections.found ?? [],
        ...(await readIntegrations(redis, [...findings, ...clock.denied, ...rejections.denied])),
      };
    });
  } catch (cause) {
    if (!(cause instanceof CannotRunError)) throw cause;
    const finding = error('Redis', cause.message, 'Without Redis, no event is delivered: fix this first.');
    return { findings: [finding], integrations, rejections: [], isComplete: false, clocks: [] };
  }
}

async function readIntegrations(
  redis: RedisClient,
  before: readonly Finding[],
): Promise<Pick<RedisInspection, 'findings' | 'integrations' | 'isComplete'>> {
  try {
    const integrations = await integrationStatuses(redis);
    return { integrations, isComplete: true, findings: [...before, ...evaluateIntegrations(integrations)] };
  } catch (cause) {
    if (!(cause instanceof SecretBoxError)) throw cause;
    const finding = error('integrations', cause.message, 'Correct SETTINGS_ENCRYPTION_KEY.');
    return { integrations: environmentIntegration(), isComplete: false, findings: [...before, finding] };
  }
}

async function describe(redis: RedisClient, isSentinel: boolean): Promise<RedisDescription> {
  const isCluster = redis instanceof Cluster;
  const nodes = await Promise.all(
    (isCluster ? redis.nodes('master') : [redis]).map(async (node) => {
      const { host = '127.0.0.1', port = 6_379 } = node.options;
      return { address: `${host}:${port}`, info: await node.info() };
    }),
  );
  if (!isCluster) return { kind: isSentinel ? 'sentinel' : 'single', nodes };
  const state = /^cluster_state:(\S+)/m.exec(await redis.cluster('INFO'))?.[1];
  return { kind: 'cluster', nodes, clusterState: state };
}

async function clockOf(redis: RedisClient): Promise<ClockDifference> {
  const beforeMs = Date.now();
  const [seconds, microseconds] = await redis.time();
  const afterMs = Date.now();
  const redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const differenceMs = redisMs - (beforeMs + afterMs) / 2;
  return { source: 'Redis', differenceMs, uncertaintyMs: (afterMs - beforeMs) / 2 };
}

/** What was read, or a finding if the user of the command line may not read it. */
async function permitted<T>(
  reading: Promise<T>,
  subject: string,
  what: string,
  permission: string,
): Promise<{ found?: T; denied: Finding[] }> {
  try {
    return { found: await reading, denied: [] };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (!message.startsWith('NOPERM')) throw cause;
    const action = `Allow ${permission} for the user of the command line (docs/connections.md).`;
    return { denied: [warning(subject, `Redis did not return ${what}: ${message}`, action)] };
  }
}
