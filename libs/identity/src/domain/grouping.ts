import { type Observation } from './observation';
import { join, nobody, type Profile } from './profile';

/** Observations of one customer, as far as this batch can tell. */
export interface Group {
  ids: ReadonlySet<string>;
  /** Profiles that the ids already point to. More than one: the batch shows that they are one customer. */
  profileIds: ReadonlySet<string>;
  learned: Profile;
}

export interface Grouping {
  groups: Group[];
  /** One for an observation that teaches; for one that only names a customer, those that its ids fall into. */
  groupsOf: (observation: Observation) => Group[];
}

/** Brings observations together that share an id, or whose ids point to the same profile. */
export function groupObservations(
  observations: readonly Observation[],
  profileIdOf: (id: string) => string | undefined,
): Grouping {
  const parents = new Map<string, string>();
  const root = (node: string): string => {
    const parent = parents.get(node) ?? node;
    if (parent === node) return node;
    const top = root(parent);
    parents.set(node, top);
    return top;
  };
  const teaching = observations.filter(({ learned }) => learned !== nobody);
  for (const { ids } of teaching) {
    const [first, ...rest] = ids.flatMap((id) => {
      const profileId = profileIdOf(id);
      return profileId === undefined ? [idNode(id)] : [idNode(id), profileNode(profileId)];
    });
    if (first === undefined) continue;
    for (const node of rest) parents.set(root(node), root(first));
  }

  const groups = new Map<string, { ids: Set<string>; profileIds: Set<string>; learned: Profile }>();
  for (const { ids, learned } of teaching) {
    const top = root(idNode(ids[0] ?? ''));
    const group = groups.get(top) ?? { ids: new Set(), profileIds: new Set(), learned: nobody };
    for (const id of ids) {
      group.ids.add(id);
      const profileId = profileIdOf(id);
      if (profileId !== undefined) group.profileIds.add(profileId);
    }
    group.learned = join(group.learned, learned);
    groups.set(top, group);
  }
  return {
    groups: [...groups.values()],
    groupsOf: ({ ids }) => {
      const found = ids.map((id) => groups.get(root(idNode(id)))).filter((group) => group !== undefined);
      return [...new Set(found)];
    },
  };
}

/**
 * What is known of each observation's customer at its point in the batch: what was known before the batch, and what the
 * observations up to it have taught.
 */
export function knownInOrder(
  observations: readonly Observation[],
  { groupsOf }: Grouping,
  before: { ofGroup: (group: Group) => Profile; ofNamed: (observation: Observation) => Profile },
): Profile[] {
  const soFar = new Map<Group, Profile>();
  const knownOf = (group: Group): Profile => soFar.get(group) ?? before.ofGroup(group);
  return observations.map((observation) => {
    const groups = groupsOf(observation);
    if (observation.learned === nobody) {
      return groups.map(knownOf).reduce(join, before.ofNamed(observation));
    }
    for (const group of groups) soFar.set(group, join(knownOf(group), observation.learned));
    return groups.map(knownOf).reduce(join, nobody);
  });
}

const idNode = (id: string): string => `i${id}`;
const profileNode = (profileId: string): string => `p${profileId}`;
