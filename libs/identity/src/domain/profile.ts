import { type Attribute } from '@app/revenuecat';
import { type CustomerState, emptyState, joinStates } from './customer-state';
import { capAliases, capAttributes } from './limits';
import { isNewer, type TimestampedValue } from './timestamped-value';

/**
 * The id under which the deliveries of a customer are kept in order. The first event that names the customer determines
 * it, and further ids do not change it. When two profiles merge, the key that was assigned first remains.
 */
export interface OrderKey {
  value: string;
  /** When the store assigned it, in ms. */
  sinceMs: number;
}

/**
 * What is known of one customer: a join-semilattice.
 * Aliases only grow, up to a limit. Of an attribute, the original id and the environment, the newest value wins. A cleared
 * attribute is remembered as an empty value with its time, so that an older value cannot come back. Of the order key, the
 * oldest value wins.
 */
export interface Profile {
  aliases: ReadonlySet<string>;
  attributes: ReadonlyMap<string, Attribute>;
  original?: TimestampedValue;
  /** What the customer's last event with an environment stated: PRODUCTION or SANDBOX. */
  environment?: TimestampedValue;
  orderKey?: OrderKey;
  /** Purchases and experiments; absent if none is known. Integrations that send no user state do not collect it. */
  state?: CustomerState;
}

/** The profile of a customer of whom nothing is known. */
export const emptyProfile: Profile = { aliases: new Set(), attributes: new Map() };

/** Commutative, associative and idempotent: redelivery, reordering and concurrent writers lead to the same profile. */
export function join(a: Profile, b: Profile): Profile {
  const original = newest(a.original, b.original);
  const environment = newest(a.environment, b.environment);
  const orderKey = oldest(a.orderKey, b.orderKey);
  const state = joinStates(a.state ?? emptyState, b.state ?? emptyState);
  return {
    aliases: joinAliases(a.aliases, b.aliases),
    attributes: joinAttributes(a.attributes, b.attributes),
    ...(original !== undefined && { original }),
    ...(environment !== undefined && { environment }),
    ...(orderKey !== undefined && { orderKey }),
    ...(state.size > 0 && { state }),
  };
}

function joinAliases(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (b.isSubsetOf(a)) return capAliases(a);
  return capAliases(a.size === 0 ? b : a.union(b));
}

function joinAttributes(a: Profile['attributes'], b: Profile['attributes']): Profile['attributes'] {
  if (b.size === 0) return capAttributes(a);
  if (a.size === 0) return capAttributes(b);
  const attributes = new Map(a);
  for (const [name, attribute] of b) {
    const other = attributes.get(name);
    if (other === undefined || isNewerAttribute(attribute, other)) attributes.set(name, attribute);
  }
  return capAttributes(attributes);
}

function newest(
  a: TimestampedValue | undefined,
  b: TimestampedValue | undefined,
): TimestampedValue | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isNewer(b, a) ? b : a;
}

function oldest(a: OrderKey | undefined, b: OrderKey | undefined): OrderKey | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const isLater = isNewer({ value: a.value, atMs: a.sinceMs }, { value: b.value, atMs: b.sinceMs });
  return isLater ? b : a;
}

function isNewerAttribute(a: Attribute, b: Attribute): boolean {
  return isNewer({ value: a.value, atMs: a.updatedAtMs }, { value: b.value, atMs: b.updatedAtMs });
}
