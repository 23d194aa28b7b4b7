import { groupObservations, knownInOrder } from './grouping';
import { namingOnly, type Observation } from './observation';
import { join, emptyProfile, type Profile } from './profile';
import { profileOf } from '../../test/profile.builder';

const observes = (
  ids: string[],
  attributes: Record<string, readonly [string, number]> = {},
): Observation => ({
  ids,
  learned: profileOf({ aliases: ids, attributes }),
});
const names = (...ids: string[]): Observation => namingOnly(ids);

const nowMs = 1_000;

/** What is known in a batch, given the profiles in Redis and the pointers of the ids. */
function knownOf(
  observations: readonly Observation[],
  stored: Record<string, Profile> = {},
  pointers: Record<string, string> = {},
): Profile[] {
  const ofProfiles = (ids: Iterable<string>): Profile[] => [...ids].map((id) => stored[id] ?? emptyProfile);
  const pointing = new Map(Object.entries(pointers));
  return knownInOrder(
    observations,
    groupObservations(observations, pointing),
    ({ profileIds, firstOrderKey }) => {
      const before = ofProfiles(profileIds).reduce(join, emptyProfile);
      return { orderKey: { value: firstOrderKey, sinceMs: nowMs }, ...before };
    },
  );
}

const plan = (profile: Profile | undefined): string | undefined => profile?.attributes.get('plan')?.value;

describe('grouping the observations of a batch', () => {
  it('groups observations that share an id, however long the chain', () => {
    const { groups } = groupObservations(
      [observes(['a', 'b']), observes(['c', 'd']), observes(['b', 'c'])],
      new Map(),
    );
    expect(groups.map(({ ids }) => [...ids].sort())).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('groups observations whose ids point to one profile', () => {
    const pointers = new Map([['a', 'p'], ['b', 'p']]); // prettier-ignore
    const { groups } = groupObservations([observes(['a']), observes(['b'])], pointers);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.profileIds).toEqual(new Set(['p']));
  });

  it('separates unrelated customers, and both sides of a transfer', () => {
    const { groups } = groupObservations([observes(['a']), observes(['b']), names('a', 'b')], new Map());
    expect(groups).toHaveLength(2);
  });

  it('separates the ids of an event that only names a customer, under one order key', () => {
    const { groups } = groupObservations([names('a', 'b')], new Map());
    expect(groups.map(({ ids, firstOrderKey }) => [...ids, firstOrderKey])).toEqual([
      ['a', 'a'],
      ['b', 'a'],
    ]);
  });

  it('leaves unknown ids out of an event that only names a customer, if one of its ids is known', () => {
    const pointers = new Map([['b', 'p']]);
    expect(groupObservations([names('a', 'b')], pointers).groups.map(({ ids }) => [...ids])).toEqual([['b']]);
    const learned = groupObservations([names('a', 'b'), observes(['b', 'c'])], new Map());
    expect(learned.groups.map(({ ids }) => [...ids])).toEqual([['b', 'c']]);
  });

  it('supports a chain of a hundred thousand ids', () => {
    const chain = Array.from({ length: 100_000 }, (_, n) => ({
      ids: [`i${n + 1}`, `i${n}`],
      learned: profileOf({}),
    }));
    expect(groupObservations(chain, new Map()).groups).toHaveLength(1);
  });
});

describe('what is known at each point of a batch', () => {
  it('is what was known before and what earlier events added, never what later ones add', () => {
    const batch = [
      observes(['a'], { plan: ['silver', 20] }),
      observes(['a', 'b']),
      observes(['b'], { plan: ['gold', 30] }),
    ];
    const stored = { p: profileOf({ aliases: ['a', 'old'], attributes: { plan: ['none', 10] } }) };
    const known = knownOf(batch, stored, { a: 'p' });
    expect(known.map(plan)).toEqual(['silver', 'silver', 'gold']);
    expect([...(known[0]?.aliases ?? [])].sort()).toEqual(['a', 'old']);
    expect([...(known[1]?.aliases ?? [])].sort()).toEqual(['a', 'b', 'old']);
  });

  it('ignores an older attribute that arrives later', () => {
    const batch = [observes(['a'], { plan: ['new', 20] }), observes(['a'], { plan: ['old', 10] })];
    expect(knownOf(batch).map(plan)).toEqual(['new', 'new']);
  });

  it('is that of its own customer for each side of a transfer, including purchases of the same batch', () => {
    const batch = [
      observes(['giver'], { plan: ['gold', 10] }),
      names('giver'),
      names('taker'),
      observes(['giver'], { plan: ['later', 20] }),
    ];
    const stored = { t: profileOf({ aliases: ['taker', 't2'], attributes: { plan: ['free', 1] } }) };
    const [, from, to] = knownOf(batch, stored, { taker: 't' });
    expect(plan(from)).toBe('gold');
    expect(plan(to)).toBe('free');
  });

  it('includes the giver of a transfer by an id that the purchase before it did not carry', () => {
    const stored = { p: profileOf({ aliases: ['anon', 'user'] }) };
    const batch = [observes(['user'], { plan: ['gold', 10] }), names('anon')];
    expect(knownOf(batch, stored, { anon: 'p', user: 'p' }).map(plan)).toEqual(['gold', 'gold']);
  });

  it('is only the order key for an unknown customer', () => {
    expect(knownOf([names('x')])).toEqual([{ ...emptyProfile, orderKey: { value: 'x', sinceMs: nowMs } }]);
    expect(knownOf([])).toEqual([]);
  });

  it('includes one order key for all events of a customer, also for those before the event that joins the ids', () => {
    const stored = {
      p: profileOf({ aliases: ['a'], orderKey: ['first', 5] }),
      q: profileOf({ aliases: ['b'], orderKey: ['second', 6] }),
    };
    const batch = [observes(['b']), names('b'), observes(['new', 'a']), observes(['a', 'b']), names('new')];
    const keys = knownOf(batch, stored, { a: 'p', b: 'q' }).map(({ orderKey }) => orderKey?.value);
    expect(keys).toEqual(['first', 'first', 'first', 'first', 'first']);
  });

  it('is the oldest order key for an event that names ids of two customers', () => {
    const stored = { p: profileOf({ orderKey: ['younger', 6] }), q: profileOf({ orderKey: ['older', 5] }) };
    const [known] = knownOf([names('a', 'b')], stored, { a: 'p', b: 'q' });
    expect(known?.orderKey?.value).toBe('older');
  });
});
