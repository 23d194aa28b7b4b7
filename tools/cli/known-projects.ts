import { integrationConfig, integrationOfEnvironment, readProjectPartitions } from '@app/integrations';
import { connectRedis, createLogger, readConfig, redisConfig } from '@app/platform';
import { z } from 'zod';

export interface KnownProjects {
  /** Partition counts by project. */
  partitions: ReadonlyMap<string, number>;
  /** False without REDIS_URL: then only the environment's integration is known. */
  isComplete: boolean;
}

/** The projects that have an integration, by environment or in Redis. The encryption key is not needed. */
export async function knownProjects(): Promise<KnownProjects> {
  const own = integrationOfEnvironment(readConfig(z.object(integrationConfig)));
  const partitions = new Map(own === undefined ? [] : [[own.projectId, own.partitions]]);
  if ((process.env['REDIS_URL'] ?? process.env['REDIS_URL_FILE'] ?? '') === '')
    return { partitions, isComplete: false };
  const redis = connectRedis(readConfig(z.object(redisConfig)), createLogger('cli', 'warn'));
  try {
    for (const [projectId, count] of await readProjectPartitions(redis)) partitions.set(projectId, count);
  } finally {
    redis.disconnect();
  }
  return { partitions, isComplete: true };
}
