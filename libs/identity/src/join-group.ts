import { type RedisClient } from '@app/platform';
import { type Group, type Pointers } from './domain/grouping';
import { join, emptyProfile, type Profile } from './domain/profile';
import {
  forwardOf,
  forwardTo,
  fromRegisters,
  orderKeyFrom,
  type Registers,
  surplusRegisters,
  toRegisters,
} from './domain/registers';
import { aliasKey, profileKey } from './profile-keys';

interface Target {
  redis: RedisClient;
  projectId: string;
  ttlMs: number;
}

/** Pointers have the lifetime of profiles. Renewing them four times in that time keeps every id of an active customer. */
const renewalsPerLifetime = 4;

/**
 * Joins what was learned about one customer into the customer's profile. Returns what was known before, with the order key
 * that the customer has now.
 *
 * If several profiles turn out to be one customer, they are merged into the one with the smallest id, and the others become
 * forwards to it. All writers choose the same one, and a forward always leads to a smaller id, so there are no cycles.
 * Other mappers may do the same concurrently: a writer follows every pointer and forward that Redis returns.
 *
 * Each round points the ids to the survivor, joins what is known into it, and turns the other profiles into forwards. The
 * replies may reveal further profiles, so the last round is one that reveals none and moves none.
 */
export async function joinGroup(target: Target, group: Group, pointers: Pointers): Promise<Profile> {
  const [firstId = ''] = group.ids;
  const profileIds = new Set(group.profileIds.size > 0 ? group.profileIds : [firstId]);
  const before = new Map<string, Registers>();
  const moved = new Set<string>();
  let unpointed = [...group.ids].filter((id) => !pointers.has(id));
  let known = emptyProfile;
  let mustRenew = false;
  let survivor: string;
  let orderKey: string;

  for (;;) {
    survivor = smallestOf(profileIds);
    const moving = [...profileIds].filter((id) => id !== survivor && !moved.has(id));
    const [existing, ...replies] = await Promise.all([
      Promise.all(unpointed.map((id) => setPointer(target, id, survivor))),
      joinInto(target, survivor, toRegisters(join(known, group.learned)), group.firstOrderKey),
      ...moving.map((id) => joinInto(target, id, forwardTo(survivor), '')),
    ]);
    ({ orderKey } = replies[0]);
    unpointed = [];
    for (const id of moving) moved.add(id);
    const others = [...existing, ...replies.map(({ registers }) => forwardOf(registers))];
    for (const [i, id] of [survivor, ...moving].entries()) {
      const reply = replies[i];
      if (reply === undefined) continue;
      mustRenew ||= reply.mustRenew;
      // Of the survivor, what it held before this call; of a profile that moves, everything that it ever held.
      if (id !== survivor || !before.has(id)) {
        before.set(id, new Map([...(before.get(id) ?? []), ...reply.registers]));
      }
    }
    known = [...before.values()].map(fromRegisters).reduce(join, emptyProfile);
    const count = profileIds.size;
    for (const id of others) if (id !== undefined) profileIds.add(id);
    if (profileIds.size === count && moving.length === 0) break;
  }
  await cleanUp(target, { group, before, known, survivor, moved, mustRenew });
  return { ...known, orderKey: orderKeyFrom(orderKey) };
}

interface MergeResult {
  group: Group;
  before: ReadonlyMap<string, Registers>;
  known: Profile;
  survivor: string;
  moved: ReadonlySet<string>;
  mustRenew: boolean;
}

/** After a merge, every id points to the survivor, and only the survivor holds data of the customer. */
async function cleanUp(
  target: Target,
  { group, before, known, survivor, moved, mustRenew }: MergeResult,
): Promise<void> {
  const { redis, projectId, ttlMs } = target;
  const whole = join(known, group.learned);
  const surplus = surplusRegisters([...before.values(), toRegisters(group.learned)], whole);
  const pointing = moved.size > 0 || mustRenew ? new Set([...whole.aliases, ...group.ids]) : [];
  await Promise.all([
    ...[...pointing].map((id) => redis.set(aliasKey(projectId, id), survivor, 'PX', ttlMs)),
    ...[...moved].map((id) => redis.profileEmpty(profileKey(projectId, id), ttlMs)),
    ...(surplus.size > 0 ? [redis.profileTrim(profileKey(projectId, survivor), ...[...surplus].flat())] : []),
  ]);
}

/** Returns undefined if the pointer was set, otherwise the profile that another writer pointed the id to first. */
async function setPointer(
  { redis, projectId, ttlMs }: Target,
  id: string,
  profileId: string,
): Promise<string | undefined> {
  return (await redis.set(aliasKey(projectId, id), profileId, 'PX', ttlMs, 'NX', 'GET')) ?? undefined;
}

async function joinInto(
  { redis, projectId, ttlMs }: Target,
  profileId: string,
  registers: Registers,
  firstOrderKey: string,
): Promise<{ registers: Registers; mustRenew: boolean; orderKey: string }> {
  const [before, mustRenew, orderKey] = await redis.profileJoin(
    profileKey(projectId, profileId),
    ttlMs,
    Math.floor(ttlMs / renewalsPerLifetime),
    firstOrderKey,
    ...[...registers].flat(),
  );
  return { registers: pairs(before), mustRenew: mustRenew === 1, orderKey };
}

function smallestOf(profileIds: ReadonlySet<string>): string {
  return [...profileIds].reduce((smallest, id) => (id < smallest ? id : smallest));
}

function pairs(flat: readonly string[]): Registers {
  const registers = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) registers.set(flat[i] ?? '', flat[i + 1] ?? '');
  return registers;
}
