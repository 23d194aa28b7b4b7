import { type Attribute } from '@app/revenuecat';
import { firstAliases, firstAttributes } from './bounds';

/** A value and when it was so. */
export interface Stamped {
  value: string;
  atMs: number;
}

/**
 * The id under which the deliveries of a customer are kept in order. The first event that names the customer decides it;
 * it stays the same when further ids join. When two profiles merge, the key that was assigned first remains.
 */
export interface OrderKey {
  value: string;
  /** When the store assigned it, in ms. */
  sinceMs: number;
}

/**
 * What is known of one customer: a join-semilattice.
 * Aliases only grow, up to a bound; of an attribute, the original id and the environment, the newest value stands. A cleared
 * attribute stays known as cleared (an empty value with its time), so that an older value cannot come back. Of the order key the
 * oldest value stands.
 */
export interface Profile {
  aliases: ReadonlySet<string>;
  attributes: ReadonlyMap<string, Attribute>;
  original?: Stamped;
  /** What the customer's last event with an environment stated: PRODUCTION or SANDBOX. */
  environment?: Stamped;
  orderKey?: OrderKey;
}

export const nobody: Profile = { aliases: new Set(), attributes: new Map() };

/** Commutative, associative, idempotent: redelivery, reordering and concurrent writers end in the same profile. */
export function join(a: Profile, b: Profile): Profile {
  const original = newest(a.original, b.original);
  const environment = newest(a.environment, b.environment);
  const orderKey = oldest(a.orderKey, b.orderKey);
  return {
    aliases: joinAliases(a.aliases, b.aliases),
    attributes: joinAttributes(a.attributes, b.attributes),
    ...(original !== undefined && { original }),
    ...(environment !== undefined && { environment }),
    ...(orderKey !== undefined && { orderKey }),
  };
}

function joinAliases(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (b.isSubsetOf(a)) return firstAliases(a);
  return firstAliases(a.size === 0 ? b : a.union(b));
}

function joinAttributes(a: Profile['attributes'], b: Profile['attributes']): Profile['attributes'] {
  if (b.size === 0) return firstAttributes(a);
  if (a.size === 0) return firstAttributes(b);
  const attributes = new Map(a);
  for (const [name, attribute] of b) {
    const other = attributes.get(name);
    if (other === undefined || isNewerAttribute(attribute, other)) attributes.set(name, attribute);
  }
  return firstAttributes(attributes);
}

function newest(a: Stamped | undefined, b: Stamped | undefined): Stamped | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isNewer(b, a) ? b : a;
}

function oldest(a: OrderKey | undefined, b: OrderKey | undefined): OrderKey | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const isLater = isNewer({ value: a.value, atMs: a.sinceMs }, { value: b.value, atMs: b.sinceMs });
  return isLater ? b : a;
}

export function isNewerAttribute(a: Attribute, b: Attribute): boolean {
  return isNewer({ value: a.value, atMs: a.updatedAtMs }, { value: b.value, atMs: b.updatedAtMs });
}

/** On a tie the greater value in UTF-8 byte order stands, which is what Redis compares too. */
export function isNewer(a: Stamped, b: Stamped): boolean {
  if (a.atMs !== b.atMs) return a.atMs > b.atMs;
  return a.value !== b.value && Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)) > 0;
}
