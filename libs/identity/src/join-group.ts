import { type RedisClient } from '@app/platform';
import { type Group, type Pointers } from './domain/grouping';
import { join, nobody, type Profile } from './domain/profile';
import {
  forwardOf,
  forwardTo,
  fromRegisters,
  orderKeyFrom,
  type Registers,
  surplusFields,
  toRegisters,
} from './domain/registers';
import { aliasKey, profileKey } from './profile-keys';

interface Place {
  redis: RedisClient;
  projectId: string;
  ttlMs: number;
}

/** Pointers live as long as profiles, so renewing them four times in that time keeps every id of an active customer. */
const renewalsPerLifetime = 4;

/**
 * Joins what was learned of one customer into its profile. Returns what was known of the customer before, with the order
 * key that the customer has now.
 *
 * Where several profiles turn out to be one customer, the one with the least id takes in the others, which from then on
 * only tell where they went: all writers agree on it, and forwards always lead to a lesser id, so never in a circle.
 * Another mapper may do the same at the same time: whoever is told of a forward, or of a pointer, follows it.
 */
export async function joinGroup(place: Place, group: Group, pointers: Pointers): Promise<Profile> {
  const [firstId = ''] = group.ids;
  const profileIds = new Set(group.profileIds.size > 0 ? group.profileIds : [firstId]);
  const before = new Map<string, Registers>();
  const moved = new Set<string>();
  let unpointed = [...group.ids].filter((id) => !pointers.has(id));
  let known = nobody;
  let mustRenew = false;
  let survivor: string;
  let orderKey: string;

  for (;;) {
    survivor = leastOf(profileIds);
    const moving = [...profileIds].filter((id) => id !== survivor && !moved.has(id));
    const [claimed, ...replies] = await Promise.all([
      Promise.all(unpointed.map((id) => point(place, id, survivor))),
      joinInto(place, survivor, toRegisters(join(known, group.learned)), group.firstOrderKey),
      ...moving.map((id) => joinInto(place, id, forwardTo(survivor), '')),
    ]);
    ({ orderKey } = replies[0]);
    unpointed = [];
    for (const id of moving) moved.add(id);
    const others = [...claimed, ...replies.map(({ registers }) => forwardOf(registers))];
    for (const [i, id] of [survivor, ...moving].entries()) {
      const reply = replies[i];
      if (reply === undefined) continue;
      mustRenew ||= reply.mustRenew;
      // Of the survivor, what was there before us; of one that moves, everything that is to be taken along.
      if (id !== survivor || !before.has(id)) {
        before.set(id, new Map([...(before.get(id) ?? []), ...reply.registers]));
      }
    }
    known = [...before.values()].map(fromRegisters).reduce(join, nobody);
    const count = profileIds.size;
    for (const id of others) if (id !== undefined) profileIds.add(id);
    if (profileIds.size === count && moving.length === 0) break;
  }
  await tidy(place, { group, before, known, survivor, moved, mustRenew });
  return { ...known, orderKey: orderKeyFrom(orderKey) };
}

interface Joined {
  group: Group;
  before: ReadonlyMap<string, Registers>;
  known: Profile;
  survivor: string;
  moved: ReadonlySet<string>;
  mustRenew: boolean;
}

/** After a merge every id points to the survivor, and only there is anything left of the customer. */
async function tidy(
  place: Place,
  { group, before, known, survivor, moved, mustRenew }: Joined,
): Promise<void> {
  const { redis, projectId, ttlMs } = place;
  const whole = join(known, group.learned);
  const written = [...before.values()].flatMap((registers) => [...registers.keys()]);
  const surplus = surplusFields(new Set([...written, ...toRegisters(group.learned).keys()]), whole);
  const pointing = moved.size > 0 || mustRenew ? new Set([...whole.aliases, ...group.ids]) : [];
  await Promise.all([
    ...[...pointing].map((id) => redis.set(aliasKey(projectId, id), survivor, 'PX', ttlMs)),
    ...[...moved].map((id) => redis.profileEmpty(profileKey(projectId, id), ttlMs)),
    ...(surplus.length > 0 ? [redis.hdel(profileKey(projectId, survivor), ...surplus)] : []),
  ]);
}

/** Undefined when the id is ours to point; else the profile that somebody pointed it to first. */
async function point(
  { redis, projectId, ttlMs }: Place,
  id: string,
  profileId: string,
): Promise<string | undefined> {
  return (await redis.set(aliasKey(projectId, id), profileId, 'PX', ttlMs, 'NX', 'GET')) ?? undefined;
}

async function joinInto(
  { redis, projectId, ttlMs }: Place,
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

function leastOf(profileIds: ReadonlySet<string>): string {
  return [...profileIds].reduce((least, id) => (id < least ? id : least));
}

function pairs(flat: readonly string[]): Registers {
  const registers = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) registers.set(flat[i] ?? '', flat[i + 1] ?? '');
  return registers;
}
