import { type Observation } from './observation';
import { join, emptyProfile, type Profile } from './profile';

/** The profile that each id points to. An id that points to none is absent. */
export type Pointers = ReadonlyMap<string, string>;

/** Observations of one customer, as far as this batch shows. */
export interface Group {
  ids: ReadonlySet<string>;
  /** Profiles that the ids already point to. If there is more than one, the batch shows that they are one customer. */
  profileIds: ReadonlySet<string>;
  learned: Profile;
  /** The order key of the customer, unless the profile already has one. */
  firstOrderKey: string;
}

export interface Grouping {
  groups: Group[];
  /** One group if the observation is about one customer; otherwise every group that its ids belong to. */
  groupsOf: (observation: Observation) => Group[];
}

/**
 * Groups observations that share an id, or whose ids point to the same profile. An observation that only names a customer
 * does not connect its ids: each counts alone.
 */
export function groupObservations(observations: readonly Observation[], pointers: Pointers): Grouping {
  const nodes = new DisjointNodes();
  const nodesOf = (ids: readonly string[]): string[] =>
    ids.flatMap((id) => {
      const profileId = pointers.get(id);
      return profileId === undefined ? [idNode(id)] : [idNode(id), profileNode(profileId)];
    });
  const learnedIds = new Set(
    observations.flatMap(({ ids, isNamingOnly }) => (isNamingOnly === true ? [] : ids)),
  );
  const isKnown = (id: string): boolean => learnedIds.has(id) || pointers.has(id);
  const members = observations.flatMap((observation) => membersOf(observation, isKnown));
  for (const { ids } of members) nodes.unite(nodesOf(ids));

  const groups = new Map<string, GroupInProgress>();
  for (const { ids, learned, firstOrderKey } of members) {
    const root = nodes.rootOf(idNode(ids[0] ?? ''));
    const group = groups.get(root) ?? {
      ids: new Set(),
      profileIds: new Set(),
      learned: emptyProfile,
      firstOrderKey,
    };
    for (const id of ids) {
      group.ids.add(id);
      const profileId = pointers.get(id);
      if (profileId !== undefined) group.profileIds.add(profileId);
    }
    group.learned = join(group.learned, learned);
    groups.set(root, group);
  }
  return {
    groups: [...groups.values()],
    groupsOf: ({ ids }) => {
      const roots = new Set(nodesOf(ids).map((node) => nodes.rootOf(node)));
      return [...roots].map((root) => groups.get(root)).filter((group) => group !== undefined);
    },
  };
}

interface GroupInProgress extends Group {
  ids: Set<string>;
  profileIds: Set<string>;
}

/**
 * An observation that only names a customer does not connect its ids, but it still needs the customer's order key. If none of
 * the ids is known, all of them get the same one, so that a later event with any of them has it too.
 */
function membersOf(
  { ids, learned, isNamingOnly }: Observation,
  isKnown: (id: string) => boolean,
): (Pick<Group, 'learned' | 'firstOrderKey'> & { ids: readonly string[] })[] {
  const [firstOrderKey] = ids;
  if (firstOrderKey === undefined) return [];
  if (isNamingOnly !== true) return [{ ids, learned, firstOrderKey }];
  const known = ids.filter(isKnown);
  return (known.length > 0 ? known : ids).map((id) => ({ ids: [id], learned, firstOrderKey }));
}

/**
 * Returns what is known of each observation's customer at its point in the batch: what was known before the batch, and what
 * was learned up to and including the observation. The order key is that of the group at every point.
 *
 * @param before what was known of a group before the batch, with the order key that it has now
 */
export function knownInOrder(
  observations: readonly Observation[],
  { groupsOf }: Grouping,
  before: (group: Group) => Profile,
): Profile[] {
  const soFar = new Map<Group, Profile>();
  const knownOf = (group: Group): Profile => soFar.get(group) ?? before(group);
  return observations.map((observation) => {
    const groups = groupsOf(observation);
    for (const group of groups) soFar.set(group, join(knownOf(group), observation.learned));
    return groups.map(knownOf).reduce(join, emptyProfile);
  });
}

class DisjointNodes {
  private readonly parents = new Map<string, string>();

  rootOf(node: string): string {
    let root = node;
    for (let parent = this.parents.get(root); parent !== undefined; parent = this.parents.get(root))
      root = parent;
    for (let at = node; at !== root;) {
      const next = this.parents.get(at) ?? root;
      this.parents.set(at, root);
      at = next;
    }
    return root;
  }

  unite([first, ...rest]: readonly string[]): void {
    if (first === undefined) return;
    for (const node of rest) {
      const [root, other] = [this.rootOf(first), this.rootOf(node)];
      if (root !== other) this.parents.set(other, root);
    }
  }
}

const idNode = (id: string): string => `i${id}`;
const profileNode = (profileId: string): string => `p${profileId}`;
