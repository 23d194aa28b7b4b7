import {
  forgetProjectPartitions,
  integrationConfig,
  integrationFromEnvironment,
  readProjectPartitions,
} from '@app/integrations';
import { topicConfig } from '@app/kafka';
import { readConfig } from '@app/platform';
import { z } from 'zod';
import { withRedis } from './pipeline-redis';

export interface KnownProjects {
  /** Partition counts of the projects that have an integration. */
  partitions: ReadonlyMap<string, number>;
  /** False without REDIS_URL: then only the environment's integration is known. */
  isComplete: boolean;
}

/** Returns the projects that have an integration in the environment or in Redis. Does not need the encryption key. */
export async function knownProjects(): Promise<KnownProjects> {
  const { TOPIC_PARTITIONS } = topicConfig;
  const own = integrationFromEnvironment(readConfig(z.object({ ...integrationConfig, TOPIC_PARTITIONS })));
  const fromEnvironment = own === undefined ? [] : [[own.projectId, own.partitions] as const];
  if ((process.env['REDIS_URL'] ?? process.env['REDIS_URL_FILE'] ?? '') === '')
    return { partitions: new Map(fromEnvironment), isComplete: false };
  const { listed } = await withRedis(readProjectPartitions);
  return { partitions: new Map([...fromEnvironment, ...listed]), isComplete: true };
}

/** Removes the partition count of a project whose deliveries topic was deleted. */
export function forgetProject(projectId: string): Promise<void> {
  return withRedis((redis) => forgetProjectPartitions(redis, projectId));
}
