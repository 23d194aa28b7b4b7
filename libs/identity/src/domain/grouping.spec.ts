import { groupObservations, knownInOrder } from './grouping';
import { type Observation } from './observation';
import { nobody, type Profile } from './profile';
import { profileOf } from '../../test/profile.builder';

const teaches = (ids: string[], attributes: Record<string, readonly [string, number]> = {}): Observation => ({
  ids,
  learned: profileOf({ aliases: ids, attributes }),
});
const names = (...ids: string[]): Observation => ({ ids, learned: nobody });

/** What a batch knows, given what Redis knows of each profile and where the ids point. */
function knownOf(
  observations: readonly Observation[],
  stored: Record<string, Profile> = {},
  pointers: Record<string, string> = {},
): Profile[] {
  const ofProfiles = (ids: Iterable<string>): Profile[] => [...ids].map((id) => stored[id] ?? nobody);
  const pointing = new Map(Object.entries(pointers));
  const union = (profiles: Profile[]): Profile => ({
    aliases: new Set(profiles.flatMap(({ aliases }) => [...aliases])),
    attributes: new Map(profiles.flatMap(({ attributes }) => [...attributes])),
  });
  return knownInOrder(observations, groupObservations(observations, pointing), {
    ofGroup: ({ profileIds }) => union(ofProfiles(profileIds)),
    ofNamed: ({ ids }) => union(ofProfiles(ids.flatMap((id) => pointing.get(id) ?? []))),
  });
}

const plan = (profile: Profile | undefined): string | undefined => profile?.attributes.get('plan')?.value;

describe('grouping the observations of a batch', () => {
  it('brings together those who share an id, however long the chain', () => {
    const { groups } = groupObservations(
      [teaches(['a', 'b']), teaches(['c', 'd']), teaches(['b', 'c'])],
      new Map(),
    );
    expect(groups.map(({ ids }) => [...ids].sort())).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('brings together those whose ids point to one profile', () => {
    const pointers = new Map([['a', 'p'], ['b', 'p']]); // prettier-ignore
    const { groups } = groupObservations([teaches(['a']), teaches(['b'])], pointers);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.profileIds).toEqual(new Set(['p']));
  });

  it('keeps strangers apart, and both sides of a transfer', () => {
    const { groups } = groupObservations([teaches(['a']), teaches(['b']), names('a', 'b')], new Map());
    expect(groups).toHaveLength(2);
  });

  it('stands a chain of a hundred thousand ids', () => {
    const chain = Array.from({ length: 100_000 }, (_, n) => ({
      ids: [`i${n + 1}`, `i${n}`],
      learned: profileOf({}),
    }));
    expect(groupObservations(chain, new Map()).groups).toHaveLength(1);
  });
});

describe('what is known at each point of a batch', () => {
  it('is what was known before and what earlier events taught, never what later ones teach', () => {
    const batch = [
      teaches(['a'], { plan: ['silver', 20] }),
      teaches(['a', 'b']),
      teaches(['b'], { plan: ['gold', 30] }),
    ];
    const stored = { p: profileOf({ aliases: ['a', 'old'], attributes: { plan: ['none', 10] } }) };
    const known = knownOf(batch, stored, { a: 'p' });
    expect(known.map(plan)).toEqual(['silver', 'silver', 'gold']);
    expect([...(known[0]?.aliases ?? [])].sort()).toEqual(['a', 'old']);
    expect([...(known[1]?.aliases ?? [])].sort()).toEqual(['a', 'b', 'old']);
  });

  it('lets an older attribute that arrives later not win', () => {
    const batch = [teaches(['a'], { plan: ['new', 20] }), teaches(['a'], { plan: ['old', 10] })];
    expect(knownOf(batch).map(plan)).toEqual(['new', 'new']);
  });

  it('serves each side of a transfer from its own customer, purchases of the same batch included', () => {
    const batch = [
      teaches(['giver'], { plan: ['gold', 10] }),
      names('giver'),
      names('taker'),
      teaches(['giver'], { plan: ['later', 20] }),
    ];
    const stored = { t: profileOf({ aliases: ['taker', 't2'], attributes: { plan: ['free', 1] } }) };
    const [, from, to] = knownOf(batch, stored, { taker: 't' });
    expect(plan(from)).toBe('gold');
    expect(plan(to)).toBe('free');
  });

  it('knows the giver of a transfer by an id that the purchase before it did not carry', () => {
    const stored = { p: profileOf({ aliases: ['anon', 'user'] }) };
    const batch = [teaches(['user'], { plan: ['gold', 10] }), names('anon')];
    expect(knownOf(batch, stored, { anon: 'p', user: 'p' }).map(plan)).toEqual(['gold', 'gold']);
  });

  it('is nothing for those whom nobody knows', () => {
    expect(knownOf([names('x')])).toEqual([nobody]);
    expect(knownOf([])).toEqual([]);
  });
});
