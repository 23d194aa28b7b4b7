import { type RedisClient } from '@app/platform';
import { type Group, groupObservations, knownInOrder } from './domain/grouping';
import { type Observation } from './domain/observation';
import { emptyProfile, join, type Profile } from './domain/profile';
import { aliasKey } from './profile-keys';
import { readProfile } from './profile-store';

/**
 * Returns what `ProfileStore.join` would return for the observations, and changes nothing, not even expiry times. A customer
 * without a profile has no order key.
 */
export async function peekProfiles(
  redis: RedisClient,
  projectId: string,
  observations: readonly Observation[],
): Promise<{ profiles: Profile[]; isKnown: (observation: Observation) => boolean }> {
  const ids = [...new Set(observations.flatMap((observation) => observation.ids))];
  const found = await Promise.all(
    ids.map(async (id): Promise<[string, string | null]> => [id, await redis.get(aliasKey(projectId, id))]),
  );
  const pointers = new Map(found.filter((entry): entry is [string, string] => entry[1] !== null));
  const grouping = groupObservations(observations, pointers);
  const before = new Map<Group, Profile>();
  await Promise.all(
    grouping.groups.map(async (group) => {
      const profiles = await Promise.all([...group.ids].map((id) => readProfile(redis, projectId, id)));
      before.set(group, profiles.reduce(join, emptyProfile));
    }),
  );
  return {
    profiles: knownInOrder(observations, grouping, (group) => before.get(group) ?? emptyProfile),
    isKnown: (observation) => observation.ids.some((id) => pointers.has(id)),
  };
}
