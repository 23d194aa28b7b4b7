import { type RedisClient } from '@app/platform';
import { integrationSchema } from './domain/integration';
import { partitionsIn, projectsKey, removedKey, settingsKey } from './integration-store';

/** Partition counts of deliveries topics, by project. */
export interface StoredPartitionCounts {
  /** Projects with an integration in Redis, whether it can be read or not. */
  listed: ReadonlyMap<string, number>;
  /** Projects whose integration was removed and whose topic may still exist. */
  removed: ReadonlyMap<string, number>;
}

const defaultPartitions = integrationSchema.shape.partitions.parse(undefined);

/**
 * Needs no encryption key. If a count cannot be read, the default is used: a topic can be enlarged later, but not
 * reduced.
 */
export async function readProjectPartitions(redis: RedisClient): Promise<StoredPartitionCounts> {
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

/**
 * To be called after the topic of a removed integration was deleted: a new integration can then choose its partition
 * count.
 */
export async function forgetProjectPartitions(redis: RedisClient, projectId: string): Promise<void> {
  if (await redis.hexists(removedKey, projectId)) await redis.hset(removedKey, projectId, '');
}
