import { type RedisClient } from '@app/platform';
import { integrationSchema } from './domain/integration';
import { partitionsIn, projectsKey, removedKey, settingsKey } from './integration-store';

/** Partition counts of deliveries topics, by project. */
export interface ProjectPartitions {
  /** Of the projects that have an integration in Redis, whether it can be read or not. */
  listed: ReadonlyMap<string, number>;
  /** Of projects whose integration was removed, if their topic may still be there. */
  removed: ReadonlyMap<string, number>;
}

const defaultPartitions = integrationSchema.shape.partitions.parse(undefined);

/** Needs no encryption key. A count that cannot be read is the default: a topic is enlarged later, never made smaller. */
export async function readProjectPartitions(redis: RedisClient): Promise<ProjectPartitions> {
  const [projectIds, removed] = await Promise.all([redis.smembers(projectsKey), redis.hgetall(removedKey)]);
  const listed = await Promise.all(
    projectIds.map(async (projectId): Promise<[string, number]> => {
      const text = await redis.get(settingsKey(projectId));
      return [projectId, Number((text === null ? null : partitionsIn(text)) ?? defaultPartitions)];
    }),
  );
  return {
    listed: new Map(listed),
    removed: new Map(
      Object.entries(removed).flatMap(([projectId, count]) =>
        count === '' ? [] : [[projectId, Number(count)]],
      ),
    ),
  };
}

/** The topic of a project without an integration was deleted: if the integration is added again, its count is free. */
export async function forgetProjectPartitions(redis: RedisClient, projectId: string): Promise<void> {
  if (await redis.hexists(removedKey, projectId)) await redis.hset(removedKey, projectId, '');
}
