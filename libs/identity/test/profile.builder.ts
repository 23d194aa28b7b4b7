import fc from 'fast-check';
import { type Profile } from '../src/domain/profile';

interface ProfileText {
  aliases?: string[];
  /** name → [value, updated at] */
  attributes?: Record<string, readonly [string, number]>;
  original?: readonly [string, number];
  environment?: readonly [string, number];
  orderKey?: readonly [string, number];
  /** register → [value, time] */
  state?: Record<string, readonly [string, number]>;
}

export function profileOf({
  aliases = [],
  attributes = {},
  original,
  environment,
  orderKey,
  state = {},
}: ProfileText): Profile {
  return {
    aliases: new Set(aliases),
    attributes: new Map(
      Object.entries(attributes).map(([name, [value, updatedAtMs]]) => [name, { value, updatedAtMs }]),
    ),
    ...(original !== undefined && { original: { value: original[0], atMs: original[1] } }),
    ...(environment !== undefined && { environment: { value: environment[0], atMs: environment[1] } }),
    ...(orderKey !== undefined && { orderKey: { value: orderKey[0], sinceMs: orderKey[1] } }),
    ...(Object.keys(state).length > 0 && {
      state: new Map(Object.entries(state).map(([name, [value, atMs]]) => [name, { value, atMs }])),
    }),
  };
}

const stamped = fc.tuple(
  fc.constantFrom('', 'a', 'b', 'é', '\u{1f600}', '\uffff'),
  fc.integer({ min: 0, max: 3 }),
);

/** Few names, values and times, so that they often coincide. */
export const profiles: fc.Arbitrary<Profile> = fc
  .record(
    {
      aliases: fc.uniqueArray(fc.constantFrom('u1', 'u2', '$RCAnonymousID:1', ':', 'a:b'), { maxLength: 4 }),
      attributes: fc.dictionary(fc.constantFrom('$email', 'plan', '__proto__', 'x:y'), stamped, {
        noNullPrototype: true,
      }),
      original: stamped,
      environment: fc.tuple(fc.constantFrom('PRODUCTION', 'SANDBOX'), fc.integer({ min: 0, max: 3 })),
      orderKey: stamped,
      state: fc.dictionary(fc.constantFrom('t:1', 'p:1', 'T:1', 'l:1', 'p::', 'm::', 'x:a b'), stamped, {
        noNullPrototype: true,
      }),
    },
    { requiredKeys: ['aliases', 'attributes'], noNullPrototype: true },
  )
  .map((text) => profileOf(text));
