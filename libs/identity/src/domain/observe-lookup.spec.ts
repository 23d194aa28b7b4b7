import { maxAliases, maxAttributes } from './limits';
import { observeLookup } from './observe-lookup';

const nowMs = 1_767_312_000_000;

const learnedFrom = (attributes: Record<string, [string, number]>) =>
  Object.fromEntries(
    observeLookup(
      'u',
      [],
      new Map(
        Object.entries(attributes).map(([name, [value, updatedAtMs]]) => [name, { value, updatedAtMs }]),
      ),
      nowMs,
    ).learned.attributes,
  );

describe("RevenueCat's data about a customer", () => {
  it('gets times that are whole, not negative and not in the future', () => {
    expect(learnedFrom({ a: ['x', 1.5], b: ['x', -1], c: ['x', nowMs + 1], d: ['x', 7] })).toEqual({
      a: { value: 'x', updatedAtMs: 1 },
      b: { value: 'x', updatedAtMs: 0 },
      c: { value: 'x', updatedAtMs: nowMs },
      d: { value: 'x', updatedAtMs: 7 },
    });
  });

  it('has the same limits as data from events', () => {
    expect(
      learnedFrom({ long: ['x'.repeat(5_000), 1], ['n'.repeat(300)]: ['x', 1], '\ud800': ['x', 1] }),
    ).toEqual({});
    expect(learnedFrom({ half: ['\ud800', 1] })).toEqual({ half: { value: '\ufffd', updatedAtMs: 1 } });
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n): [string, [string, number]] => [`n${n}`, ['x', 1]])); // prettier-ignore
    expect(Object.keys(learnedFrom(many))).toHaveLength(maxAttributes);
  });

  it('has only ids that identify a customer', () => {
    const aliases = ['maya', 'GUEST', ' ', 'a/b', '\ud800', 'x'.repeat(513), 'u'];
    expect(observeLookup('u', aliases, new Map(), nowMs).ids).toEqual(['u', 'maya']);
    const many = Array.from({ length: 5_000 }, (_, n) => `id-${n}`);
    expect(observeLookup('u', many, new Map(), nowMs).ids).toHaveLength(maxAliases + 1);
  });
});
