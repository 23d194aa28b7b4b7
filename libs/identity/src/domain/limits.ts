import { type Attribute, isAnonymous } from '@app/revenuecat';

/**
 * A customer has a handful of ids. An id that thousands of customers share by mistake would merge all of them into one
 * profile, and each of their events would read, write and carry thousands of ids. A profile therefore keeps at most this many.
 */
export const maxAliases = 500;
/** RevenueCat accepts 50 custom attributes, and has 60 names of its own (https://www.revenuecat.com/docs/customers/customer-attributes). */
export const maxAttributes = 250;

/** Longest id, name or variant in the state of a customer. */
export const maxStateTextLength = 256;

/** RevenueCat accepts names of 40 characters and values of 500 (https://www.revenuecat.com/docs/customers/customer-attributes). */
const maxAttributeNameLength = 256;
const maxAttributeValueLength = 4_096;

/** The attributes that a profile keeps. */
export function limitAttributes(attributes: ReadonlyMap<string, Attribute>): ReadonlyMap<string, Attribute> {
  const isTooLong = ([name, { value }]: [string, Attribute]): boolean =>
    name.length > maxAttributeNameLength || value.length > maxAttributeValueLength;
  return capAttributes(
    [...attributes].some(isTooLong)
      ? new Map([...attributes].filter((entry) => !isTooLong(entry)))
      : attributes,
  );
}

/** The order in which ids are kept: ids that the app chose before anonymous ones, then by code units. */
export function compareAliases(a: string, b: string): number {
  const byKind = Number(isAnonymous(a)) - Number(isAnonymous(b));
  return byKind !== 0 ? byKind : compareText(a, b);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The first `maxAliases` in order. An id among the first of a union is also among the first of each part that contains it,
 * so capping at every step gives the same set as capping once.
 */
export function capAliases(aliases: ReadonlySet<string>): ReadonlySet<string> {
  if (aliases.size <= maxAliases) return aliases;
  return new Set([...aliases].sort(compareAliases).slice(0, maxAliases));
}

export function capAttributes<A>(attributes: ReadonlyMap<string, A>): ReadonlyMap<string, A> {
  if (attributes.size <= maxAttributes) return attributes;
  return new Map([...attributes].sort(([a], [b]) => compareText(a, b)).slice(0, maxAttributes));
}
