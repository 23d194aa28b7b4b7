import { type RedisClient } from '@app/platform';
import { type Group, groupObservations, knownInOrder } from './domain/grouping';
import { type Observation } from './domain/observation';
import { emptyProfile, join, type Profile } from './domain/profile';
import { aliasKey } from './profile-keys';
import { findPointers, type ProfilePointers, readProfile } from './profile-store';

/**
 * Returns what `ProfileStore.join` would return for the observations, and changes nothing, not even expiry times. A customer
 * without a profile has no order key.
 */
export async function peekProfiles(
  redis: RedisClient,
  projectId: string,
  observations: readonly Observation[],
): Promise<{ profiles: Profile[] } & Pick<ProfilePointers, 'isKnown'>> {
  const { pointers, isKnown } = await findPointers(observations, (id) => redis.get(aliasKey(projectId, id)));
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
    isKnown,
  };
}
