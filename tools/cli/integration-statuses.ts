import {
  createSecretBox,
  type Integration,
  integrationConfig,
  integrationFromEnvironment,
  IntegrationStore,
  readProjectPartitions,
  type SecretBox,
} from '@app/integrations';
import { topicConfig } from '@app/kafka';
import { readConfig, type RedisClient } from '@app/platform';
import { z } from 'zod';

/** The integration of a project, as the apps see it. */
export interface IntegrationStatus {
  projectId: string;
  /** Partition count by which keys are assigned. */
  partitions: number;
  state: 'enabled' | 'paused' | 'unreadable';
  /** Why the apps cannot read the settings. */
  problem?: string;
  /** Whether its secrets are encrypted with a key other than the first one. */
  hasOldKey: boolean;
  /** Undefined if it is unreadable without the encryption key too. */
  settings: Pick<Integration, 'format' | 'lookup' | 'includeSandbox' | 'eventTypes'> | undefined;
}

const config = z.object({ ...integrationConfig, TOPIC_PARTITIONS: topicConfig.TOPIC_PARTITIONS });

/** The integration in the environment, if there is one. */
export function environmentIntegration(): IntegrationStatus[] {
  const integration = integrationFromEnvironment(readConfig(config));
  return integration === undefined ? [] : [statusOf(integration)];
}

/** All integrations, with those in Redis taking precedence. Throws SecretBoxError if a key has the wrong length. */
export async function integrationStatuses(redis: RedisClient): Promise<IntegrationStatus[]> {
  const box = createSecretBox(readConfig(config));
  const store = new IntegrationStore(redis, box);
  const { listed } = await readProjectPartitions(redis);
  const stored = await Promise.all(
    [...listed]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([projectId, partitions]) => ({
        partitions,
        ...(await storedStatus(store, box, projectId)),
      })),
  );
  const known = new Set(stored.map(({ projectId }) => projectId));
  return [...environmentIntegration().filter(({ projectId }) => !known.has(projectId)), ...stored];
}

async function storedStatus(
  store: IntegrationStore,
  box: SecretBox | undefined,
  projectId: string,
): Promise<Omit<IntegrationStatus, 'partitions'>> {
  const sealed = await store.getSealed(projectId);
  const hasOldKey = sealed !== undefined && box?.isCurrent(sealed.serverSecret) === false;
  try {
    const integration = await store.get(projectId);
    if (integration !== undefined) return { ...statusOf(integration), hasOldKey };
    throw new Error('Redis lists the integration, but its settings are missing.');
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    // Whether it is paused can be read without the key.
    const state = sealed?.enabled === false ? 'paused' : 'unreadable';
    return { projectId, state, problem, hasOldKey, settings: sealed };
  }
}

function statusOf(integration: Integration): IntegrationStatus {
  const { projectId, partitions, enabled } = integration;
  return {
    projectId,
    partitions,
    state: enabled ? 'enabled' : 'paused',
    hasOldKey: false,
    settings: integration,
  };
}
