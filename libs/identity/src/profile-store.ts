import { type RedisClient } from '@app/platform';
import { type Result } from 'ioredis';
import { type Group, groupObservations, knownInOrder } from './domain/grouping';
import { type Observation } from './domain/observation';
import { join, nobody, type Profile } from './domain/profile';
import {
  forwardField,
  forwardOf,
  forwardTo,
  fromRegisters,
  type Registers,
  toRegisters,
} from './domain/registers';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    profileJoin(key: string, ttlMs: number, ...registers: string[]): Result<string[], Context>;
  }
}

/** Of each register the newer value stands. Answers the hash as it was before. See domain/registers.ts. */
const joinScript = `
local function newer(a, b)
  if a == b then return false end
  local atA, valueA = string.match(a, '^(%d*):?(.*)$')
  local atB, valueB = string.match(b, '^(%d*):?(.*)$')
  if atA ~= atB then return (tonumber(atA) or 0) > (tonumber(atB) or 0) end
  for i = 1, math.min(#valueA, #valueB) do
    local x, y = string.byte(valueA, i), string.byte(valueB, i)
    if x ~= y then return x > y end
  end
  return #valueA > #valueB
end
local before = redis.call('HGETALL', KEYS[1])
local has = {}
for i = 1, #before, 2 do has[before[i]] = before[i + 1] end
for i = 2, #ARGV, 2 do
  local old = has[ARGV[i]]
  if not old or newer(ARGV[i + 1], old) then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return before
`;

/**
 * Customer profiles in Redis: `profile:<project>:<profile id>` holds a profile, `alias:<project>:<id>` names it.
 *
 * Each command touches one key, so Redis Cluster works; commands of one turn of the event loop travel together.
 * A batch costs two round trips, whatever its size: find the profiles, join what was learned into them. Where the batch
 * shows that two profiles are one customer, one more trip joins them.
 */
export class ProfileStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly options: { /** How long a customer without events is remembered. */ ttlMs: number },
  ) {
    redis.defineCommand('profileJoin', { numberOfKeys: 1, lua: joinScript });
  }

  /**
   * Joins what is learned into the profiles, and answers for each observation what is known of its customer at its point
   * in the batch. Running it again with the same observations changes no profile.
   */
  async join(projectId: string, observations: readonly Observation[]): Promise<Profile[]> {
    const ids = [...new Set(observations.flatMap((observation) => observation.ids))];
    const pointers = await this.follow(projectId, ids);
    const grouping = groupObservations(observations, (id) => pointers.get(id));
    const ofGroups = new Map<Group, Profile>();
    const ofNamed = new Map<Observation, Profile>();
    await Promise.all([
      ...grouping.groups.map(async (group) =>
        ofGroups.set(group, await this.joinGroup(projectId, group, pointers)),
      ),
      ...observations
        .filter(({ learned }) => learned === nobody)
        .map(async (named) => ofNamed.set(named, await this.read(projectId, named, pointers))),
    ]);
    return knownInOrder(observations, grouping, {
      ofGroup: (group) => ofGroups.get(group) ?? nobody,
      ofNamed: (observation) => ofNamed.get(observation) ?? nobody,
    });
  }

  private async follow(projectId: string, ids: readonly string[]): Promise<Map<string, string>> {
    const found = await Promise.all(
      ids.map((id) => this.redis.getex(aliasKey(projectId, id), 'PX', this.options.ttlMs)),
    );
    return new Map(ids.flatMap((id, i) => (typeof found[i] === 'string' ? [[id, found[i]]] : [])));
  }

  private async joinGroup(
    projectId: string,
    group: Group,
    pointers: ReadonlyMap<string, string>,
  ): Promise<Profile> {
    const [firstId = ''] = group.ids;
    const before = new Map<string, Registers>();
    const profileIds = new Set(group.profileIds.size > 0 ? group.profileIds : [firstId]);
    let unpointed = [...group.ids].filter((id) => !pointers.has(id));
    let contents = group.learned;

    for (;;) {
      const survivor = leastOf(profileIds);
      const newlyFound = [...profileIds].filter((id) => id !== survivor && !before.has(id));
      const [claimed, ...joined] = await Promise.all([
        Promise.all(unpointed.map((id) => this.point(projectId, id, survivor))),
        this.joinInto(projectId, survivor, toRegisters(contents)),
        ...newlyFound.map((id) =>
          this.joinInto(projectId, id, new Map([[forwardField, forwardTo(survivor)]])),
        ),
      ]);
      unpointed = [];
      for (const [i, id] of [survivor, ...newlyFound].entries()) {
        const registers = joined[i];
        if (registers !== undefined && !before.has(id)) before.set(id, registers);
      }

      const knownCount = profileIds.size;
      for (const id of claimed) if (id !== undefined) profileIds.add(id);
      for (const registers of before.values()) {
        const forward = forwardOf(registers);
        if (forward !== undefined) profileIds.add(forward);
      }
      if (profileIds.size === knownCount && newlyFound.length === 0) {
        await this.repoint(projectId, contents, survivor, group, pointers, profileIds);
        break;
      }
      contents = [...before.values()].map(fromRegisters).reduce(join, contents);
    }
    return [...before.values()].map(fromRegisters).reduce(join, nobody);
  }

  /** After a merge every alias names the survivor, and so does one that named a profile that has moved. */
  private async repoint(
    projectId: string,
    contents: Profile,
    survivor: string,
    group: Group,
    pointers: ReadonlyMap<string, string>,
    profileIds: ReadonlySet<string>,
  ): Promise<void> {
    const isMerge = profileIds.size > 1;
    const stale = isMerge
      ? contents.aliases
      : [...group.ids].filter((id) => (pointers.get(id) ?? survivor) !== survivor);
    await Promise.all(
      [...stale].map((id) => this.redis.set(aliasKey(projectId, id), survivor, 'PX', this.options.ttlMs)),
    );
  }

  /** Undefined when the alias is ours to point; else the profile that somebody pointed it to first. */
  private async point(projectId: string, id: string, profileId: string): Promise<string | undefined> {
    const previous = await this.redis.set(
      aliasKey(projectId, id),
      profileId,
      'PX',
      this.options.ttlMs,
      'NX',
      'GET',
    );
    return previous ?? undefined;
  }

  private async joinInto(projectId: string, profileId: string, registers: Registers): Promise<Registers> {
    const flat = await this.redis.profileJoin(
      profileKey(projectId, profileId),
      this.options.ttlMs,
      ...[...registers].flat(),
    );
    return pairs(flat);
  }

  private async read(
    projectId: string,
    { ids }: Observation,
    pointers: ReadonlyMap<string, string>,
  ): Promise<Profile> {
    const profileIds = new Set(ids.map((id) => pointers.get(id)).filter((id) => id !== undefined));
    let known: Profile = nobody;
    for (let unread = [...profileIds]; unread.length > 0;) {
      const read = await Promise.all(unread.map((id) => this.redis.hgetall(profileKey(projectId, id))));
      const registers = read.map((fields): Registers => new Map(Object.entries(fields)));
      known = registers.map(fromRegisters).reduce(join, known);
      unread = registers.map(forwardOf).filter((id) => id !== undefined && !profileIds.has(id)) as string[];
      for (const id of unread) profileIds.add(id);
    }
    return known;
  }
}

/** All writers agree on the survivor, and a forward always leads to a lesser id, so forwards never form a circle. */
function leastOf(profileIds: ReadonlySet<string>): string {
  return [...profileIds].reduce((least, id) => (id < least ? id : least));
}

function pairs(flat: readonly string[]): Registers {
  const registers = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) registers.set(flat[i] ?? '', flat[i + 1] ?? '');
  return registers;
}

export const profileKey = (projectId: string, profileId: string): string =>
  `profile:${projectId}:${profileId}`;
export const aliasKey = (projectId: string, id: string): string => `alias:${projectId}:${id}`;
