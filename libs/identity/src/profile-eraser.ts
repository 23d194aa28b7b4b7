import { type RedisClient } from '@app/platform';
import { forwardOf, fromRegisters, type Registers } from './domain/registers';
import { absentKey, aliasKey, profileKey } from './profile-keys';

/** Every id in the profile of the customer with this id; the id alone if it is unknown. */
export async function findCustomerIds(redis: RedisClient, projectId: string, id: string): Promise<string[]> {
  const { ids } = await collectCustomer(redis, projectId, id);
  return [...ids].sort();
}

/**
 * Erases everything known of the customer with this id, and every pointer to it, so that later events start from nothing.
 * Returns the ids that were erased; none if the id is unknown. Can be repeated after a failure.
 */
export async function forgetCustomer(redis: RedisClient, projectId: string, id: string): Promise<string[]> {
  const { ids, profileIds, isKnown } = await collectCustomer(redis, projectId, id);
  if (!isKnown) return [];
  const others = [...ids].filter((other) => other !== id);
  await Promise.all(others.map((other) => redis.del(aliasKey(projectId, other))));
  await Promise.all([...profileIds].map((profileId) => redis.del(profileKey(projectId, profileId))));
  await Promise.all([...ids].map((each) => redis.del(absentKey(projectId, each))));
  // Deleted last, because a repetition after a failure finds the rest through it.
  await redis.del(aliasKey(projectId, id));
  return [...ids].sort();
}

/** Finds profiles through pointers, through forwards and by alias: a profile that was merged has one of the aliases as its id. */
async function collectCustomer(redis: RedisClient, projectId: string, id: string) {
  const ids = new Set([id]);
  const profileIds = new Set<string>();
  let isKnown = false;
  for (let newIds = [id]; newIds.length > 0;) {
    const pointers = await Promise.all(newIds.map((newId) => redis.get(aliasKey(projectId, newId))));
    const unread = new Set([...newIds, ...pointers.filter((pointer) => pointer !== null)]).difference(
      profileIds,
    );
    isKnown ||= pointers.some((pointer) => pointer !== null);
    const hashes = await Promise.all(
      [...unread].map((profileId) => redis.hgetall(profileKey(projectId, profileId))),
    );
    const found = hashes.map((fields): Registers => new Map(Object.entries(fields)));
    isKnown ||= found.some((registers) => registers.size > 0);
    for (const profileId of unread) profileIds.add(profileId);
    const named = found.flatMap((registers) => [...fromRegisters(registers).aliases, forwardOf(registers)]);
    newIds = [...new Set([...unread, ...named])]
      .filter((name) => name !== undefined)
      .filter((name) => !ids.has(name));
    for (const newId of newIds) ids.add(newId);
  }
  return { ids, profileIds, isKnown };
}
