import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { integrationSchema } from './domain/integration';
import { projectsKey, settingsKey } from './integration-store';

const stored = z.object({ partitions: integrationSchema.shape.partitions });

/**
 * The projects whose integrations are kept in Redis, with the partition count of their deliveries topics.
 * Needs no encryption key. A project whose settings cannot be read has the default count: a topic is enlarged later,
 * never made smaller.
 */
export async function readProjectPartitions(redis: RedisClient): Promise<ReadonlyMap<string, number>> {
  const projectIds = await redis.smembers(projectsKey);
  const counts = await Promise.all(
    projectIds.map(async (projectId): Promise<[string, number]> => {
      const { partitions } = parse(await redis.get(settingsKey(projectId)));
      return [projectId, partitions];
    }),
  );
  return new Map(counts);
}

function parse(text: string | null): z.output<typeof stored> {
  try {
    return stored.parse(JSON.parse(text ?? '{}'));
  } catch {
    return stored.parse({});
  }
}
