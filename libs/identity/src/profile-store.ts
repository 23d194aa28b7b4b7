import { type RedisClient } from '@app/platform';
import { type Group, groupObservations, knownInOrder, type Pointers } from './domain/grouping';
import { type Observation } from './domain/observation';
import { join, emptyProfile, type Profile } from './domain/profile';
import { forwardOf, fromRegisters, type Registers } from './domain/registers';
import { joinGroup } from './join-group';
import { aliasKey, profileKey } from './profile-keys';
import { defineProfileScripts } from './profile-scripts';

/** The profiles that the ids of a batch point to. */
export interface ProfilePointers {
  pointers: Pointers;
  /** Whether any id of the observation is known. */
  isKnown: (observation: Observation) => boolean;
}

/**
 * Customer profiles in Redis: `profile:<project>:<profile id>` holds a profile, `alias:<project>:<id>` points to it.
 *
 * Each command touches one key, as Redis Cluster requires, and the commands of one turn of the event loop are pipelined.
 * A batch takes two round trips, whatever its size: `find` the profiles, then `join` what was learned into them. Customers
 * whose pointers must be renewed, or whose profile exceeds the limits, take one more; merging profiles takes at least two more.
 */
export class ProfileStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly options: {
      /** Time after the last event for which a customer is remembered. */ ttlMs: number;
    },
  ) {
    defineProfileScripts(redis);
  }

  /** Finds the profiles of the customers that the observations name. One round trip. */
  find(projectId: string, observations: readonly Observation[]): Promise<ProfilePointers> {
    return findPointers(observations, (id) =>
      this.redis.getex(aliasKey(projectId, id), 'PX', this.options.ttlMs),
    );
  }

  /**
   * Joins what is learned into the profiles, and returns for each observation what is known of its customer at its point in
   * the batch, always with an order key. One round trip, with the exceptions above.
   * Repeating it with the same observations changes no profile.
   */
  async join(
    projectId: string,
    observations: readonly Observation[],
    { pointers }: Pick<ProfilePointers, 'pointers'>,
  ): Promise<Profile[]> {
    const grouping = groupObservations(observations, pointers);
    const target = { redis: this.redis, projectId, ttlMs: this.options.ttlMs };
    const before = new Map<Group, Profile>();
    await Promise.all(
      grouping.groups.map(async (group) => {
        before.set(group, await joinGroup(target, group, pointers));
      }),
    );
    return knownInOrder(observations, grouping, (group) => before.get(group) ?? emptyProfile);
  }

  /** See {@link readProfile}. */
  read(projectId: string, id: string): Promise<Profile> {
    return readProfile(this.redis, projectId, id);
  }
}

/** @param pointerOf returns the id of the profile that an id points to; null if there is none */
export async function findPointers(
  observations: readonly Observation[],
  pointerOf: (id: string) => Promise<string | null>,
): Promise<ProfilePointers> {
  const ids = [...new Set(observations.flatMap((observation) => observation.ids))];
  const found = await Promise.all(ids.map(pointerOf));
  const pointers = new Map(
    ids.flatMap((id, i): [string, string][] => (typeof found[i] === 'string' ? [[id, found[i]]] : [])),
  );
  return { pointers, isKnown: (observation) => observation.ids.some((id) => pointers.has(id)) };
}

/** Returns what is known of the customer with this id; `emptyProfile` if the id is unknown. Changes nothing, not even expiry times. */
export async function readProfile(redis: RedisClient, projectId: string, id: string): Promise<Profile> {
  let known = emptyProfile;
  let profileId = (await redis.get(aliasKey(projectId, id))) ?? undefined;
  while (profileId !== undefined) {
    const registers: Registers = new Map(
      Object.entries(await redis.hgetall(profileKey(projectId, profileId))),
    );
    known = join(known, fromRegisters(registers));
    // Each forward leads to a smaller id, so the loop ends.
    profileId = forwardOf(registers);
  }
  return known;
}
