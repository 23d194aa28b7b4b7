import { type Attribute } from '@app/revenuecat';

/** A value and when it was so. */
export interface Stamped {
  value: string;
  atMs: number;
}

/**
 * What is known of one customer: a join-semilattice.
 * Aliases only grow; of an attribute, and of the original id, the newest value stands. A cleared attribute stays known
 * as cleared (an empty value with its time), so that an older value cannot come back.
 */
export interface Profile {
  aliases: ReadonlySet<string>;
  attributes: ReadonlyMap<string, Attribute>;
  original?: Stamped;
}

export const nobody: Profile = { aliases: new Set(), attributes: new Map() };

/** Commutative, associative, idempotent: redelivery, reordering and concurrent writers end in the same profile. */
export function join(a: Profile, b: Profile): Profile {
  const attributes = new Map(a.attributes);
  for (const [name, attribute] of b.attributes) {
    const other = attributes.get(name);
    if (other === undefined || isNewerAttribute(attribute, other)) attributes.set(name, attribute);
  }
  const original = newest(a.original, b.original);
  return {
    aliases: a.aliases.size === 0 ? b.aliases : b.aliases.size === 0 ? a.aliases : a.aliases.union(b.aliases),
    attributes,
    ...(original !== undefined && { original }),
  };
}

function newest(a: Stamped | undefined, b: Stamped | undefined): Stamped | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isNewer(b, a) ? b : a;
}

function isNewerAttribute(a: Attribute, b: Attribute): boolean {
  return isNewer({ value: a.value, atMs: a.updatedAtMs }, { value: b.value, atMs: b.updatedAtMs });
}

/** On a tie the greater value in UTF-8 byte order stands, which is what Redis compares too. */
export function isNewer(a: Stamped, b: Stamped): boolean {
  return a.atMs === b.atMs ? Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)) > 0 : a.atMs > b.atMs;
}
