import fc from 'fast-check';
import { compareAliases, maxAliases, maxAttributes } from './limits';
import { profileOf, profiles } from '../../test/profile.builder';
import { join, emptyProfile, type Profile } from './profile';
import { fromRegisters, toRegisters } from './registers';

const anonymous = (n: number): string => `$RCAnonymousID:${String(n).padStart(4, '0')}`;
const manyAliases = (count: number): Profile =>
  profileOf({ aliases: Array.from({ length: count }, (_, n) => anonymous(n)) });

describe('joining profiles', () => {
  it('is commutative', () => {
    fc.assert(
      fc.property(profiles, profiles, (a, b) => {
        expect(join(a, b)).toEqual(join(b, a));
      }),
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(profiles, profiles, profiles, (a, b, c) => {
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(profiles, (a) => {
        expect(join(a, a)).toEqual(a);
        expect(join(a, emptyProfile)).toEqual(a);
      }),
    );
  });

  it('has all of these properties beyond the limits too', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 200, maxLength: 500 });
    const crowds = fc.tuple(ids, ids, ids).map(([aliases, names, purchases]) =>
      profileOf({
        state: Object.fromEntries(
          purchases.map((n) => [`${'tplmxTP'.charAt(n % 7)}:${n % 7}-${n % 400}`, ['x', n % 11]]),
        ),
        aliases: aliases.map((n) => (n % 2 === 0 ? anonymous(n) : `user-${n}`)),
        attributes: Object.fromEntries(names.map((n) => [`name-${n}`, ['x', n]])),
      }),
    );
    fc.assert(
      fc.property(crowds, crowds, crowds, (a, b, c) => {
        expect(join(join(a, b), c)).toEqual(join(a, join(c, b)));
        expect(join(join(a, b), b)).toEqual(join(b, a));
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the newest value of an attribute, also if that cleared it', () => {
    const written = profileOf({ attributes: { plan: ['gold', 10] } });
    const cleared = profileOf({ attributes: { plan: ['', 20] } });
    expect(join(cleared, written).attributes.get('plan')).toEqual({ value: '', updatedAtMs: 20 });
  });

  it('keeps the greater of two values of the same time, so that all writers agree', () => {
    const [a, b] = [
      profileOf({ attributes: { plan: ['a', 10] } }),
      profileOf({ attributes: { plan: ['b', 10] } }),
    ];
    expect(join(a, b).attributes.get('plan')?.value).toBe('b');
    expect(join(b, a).attributes.get('plan')?.value).toBe('b');
  });

  it('keeps the order key that was assigned first, and the smaller of two assigned at once', () => {
    const first = profileOf({ orderKey: ['b', 10] });
    const later = profileOf({ orderKey: ['a', 20] });
    expect(join(later, first).orderKey).toEqual({ value: 'b', sinceMs: 10 });
    expect(join(first, emptyProfile).orderKey).toEqual({ value: 'b', sinceMs: 10 });
    expect(join(first, profileOf({ orderKey: ['a', 10] })).orderKey?.value).toBe('a');
  });

  it('keeps the order key beyond the limit of the aliases', () => {
    const crowd = join(manyAliases(maxAliases), profileOf({ aliases: [anonymous(9_999)], orderKey: [anonymous(9_999), 1] })); // prettier-ignore
    expect(crowd.aliases).not.toContain(anonymous(9_999));
    expect(crowd.orderKey?.value).toBe(anonymous(9_999));
  });

  it('limits aliases and attributes, and prefers the ids that the app chose', () => {
    const crowd = join(manyAliases(maxAliases + 100), profileOf({ aliases: ['user'] }));
    expect(crowd.aliases.size).toBe(maxAliases);
    expect([...crowd.aliases].sort(compareAliases)[0]).toBe('user');
    const names = Object.fromEntries(
      Array.from({ length: maxAttributes + 1 }, (_, n) => [`n${n}`, ['v', 1] as const]),
    );
    expect(join(emptyProfile, profileOf({ attributes: names })).attributes.size).toBe(maxAttributes);
  });

  it('survives the conversion to registers and back', () => {
    fc.assert(
      fc.property(profiles, (profile) => {
        expect(fromRegisters(toRegisters(profile))).toEqual(profile);
      }),
    );
  });
});
