import { type Attribute, isAnonymous } from '@app/revenuecat';

/**
 * A customer has a handful of ids. An id that thousands of customers share by mistake would make one profile of them all,
 * and every event of theirs would carry, read and write thousands of ids; so a profile keeps no more than this.
 */
export const maxAliases = 500;
/** RevenueCat takes 50 custom attributes, and has 60 names of its own (https://www.revenuecat.com/docs/customers/customer-attributes). */
export const maxAttributes = 250;

/** RevenueCat accepts names of 40 characters and values of 500 (https://www.revenuecat.com/docs/customers/customer-attributes). */
const maxAttributeNameLength = 256;
const maxAttributeValueLength = 4_096;

/** The attributes that a profile keeps. */
export function boundedAttributes(
  attributes: ReadonlyMap<string, Attribute>,
): ReadonlyMap<string, Attribute> {
  const isTooLong = ([name, { value }]: [string, Attribute]): boolean =>
    name.length > maxAttributeNameLength || value.length > maxAttributeValueLength;
  return firstAttributes(
    [...attributes].some(isTooLong)
      ? new Map([...attributes].filter((entry) => !isTooLong(entry)))
      : attributes,
  );
}

/** Ids that the app itself chose come before anonymous ones, else by code units: the order in which ids are kept. */
export function compareAliases(a: string, b: string): number {
  const byKind = Number(isAnonymous(a)) - Number(isAnonymous(b));
  return byKind !== 0 ? byKind : compareText(a, b);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The first `max` in order. What is among the first of a union is among the first of each part that has it, so bounding
 * at every step ends in the same set as bounding once.
 */
export function firstAliases(aliases: ReadonlySet<string>): ReadonlySet<string> {
  if (aliases.size <= maxAliases) return aliases;
  return new Set([...aliases].sort(compareAliases).slice(0, maxAliases));
}

export function firstAttributes<A>(attributes: ReadonlyMap<string, A>): ReadonlyMap<string, A> {
  if (attributes.size <= maxAttributes) return attributes;
  return new Map([...attributes].sort(([a], [b]) => compareText(a, b)).slice(0, maxAttributes));
}
