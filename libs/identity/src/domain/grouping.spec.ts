import { groupObservations, knownInOrder } from './grouping';
import { type Observation } from './observation';
import { join, nobody, type Profile } from './profile';
import { profileOf } from '../../test/profile.builder';

const teaches = (ids: string[], attributes: Record<string, readonly [string, number]> = {}): Observation => ({
  ids,
  learned: profileOf({ aliases: ids, attributes }),
});
const names = (...ids: string[]): Observation => ({ ids, learned: nobody });

const nowMs = 1_000;

/** What a batch knows, given what Redis knows of each profile and where the ids point. */
function knownOf(
  observations: readonly Observation[],
  stored: Record<string, Profile> = {},
  pointers: Record<string, string> = {},
): Profile[] {
  const ofProfiles = (ids: Iterable<string>): Profile[] => [...ids].map((id) => stored[id] ?? nobody);
  const pointing = new Map(Object.entries(pointers));
  return knownInOrder(
    observations,
    groupObservations(observations, pointing),
    ({ profileIds, firstOrderKey }) => {
      const before = ofProfiles(profileIds).reduce(join, nobody);
      return { orderKey: { value: firstOrderKey, sinceMs: nowMs }, ...before };
    },
  );
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

  it('keeps the ids of an event that only names a customer apart, under one order key', () => {
    const { groups } = groupObservations([names('a', 'b')], new Map());
    expect(groups.map(({ ids, firstOrderKey }) => [...ids, firstOrderKey])).toEqual([
      ['a', 'a'],
      ['b', 'a'],
    ]);
  });

  it('leaves unknown ids out of an event that only names a customer, if one of its ids is known', () => {
    const pointers = new Map([['b', 'p']]);
    expect(groupObservations([names('a', 'b')], pointers).groups.map(({ ids }) => [...ids])).toEqual([['b']]);
    const taught = groupObservations([names('a', 'b'), teaches(['b', 'c'])], new Map());
    expect(taught.groups.map(({ ids }) => [...ids])).toEqual([['b', 'c']]);
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

  it('is the order key alone for an unknown customer', () => {
    expect(knownOf([names('x')])).toEqual([{ ...nobody, orderKey: { value: 'x', sinceMs: nowMs } }]);
    expect(knownOf([])).toEqual([]);
  });

  it('includes one order key for all events of a customer, also for those before the event that joins the ids', () => {
    const stored = {
      p: profileOf({ aliases: ['a'], orderKey: ['first', 5] }),
      q: profileOf({ aliases: ['b'], orderKey: ['second', 6] }),
    };
    const batch = [teaches(['b']), names('b'), teaches(['new', 'a']), teaches(['a', 'b']), names('new')];
    const keys = knownOf(batch, stored, { a: 'p', b: 'q' }).map(({ orderKey }) => orderKey?.value);
    expect(keys).toEqual(['first', 'first', 'first', 'first', 'first']);
  });

  it('is the oldest order key for an event that names ids of two customers', () => {
    const stored = { p: profileOf({ orderKey: ['younger', 6] }), q: profileOf({ orderKey: ['older', 5] }) };
    const [known] = knownOf([names('a', 'b')], stored, { a: 'p', b: 'q' });
    expect(known?.orderKey?.value).toBe('older');
  });
});
