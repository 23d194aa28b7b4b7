import { compareText } from './limits';
import { isNewer, type TimestampedValue } from './timestamped-value';

/**
 * What is known of a customer's purchases and experiments: registers by name, of which the newest value wins. Their values depend
 * on one event each, so any order and repetition of the events of a customer gives the same state.
 *
 * | register                  | value                                                                             |
 * | ------------------------- | --------------------------------------------------------------------------------- |
 * | `t:<purchase>`            | The terms of the purchase, as the newest event states them (JSON, `purchases.ts`) |
 * | `p:<purchase>`            | The phase that the newest event put it in (JSON, `purchases.ts`)                  |
 * | `T:<purchase>`            | As `t`, of the newest event that states no end                                    |
 * | `P:<purchase>`            | As `p`, of the newest event that states no end                                    |
 * | `l:<purchase>`            | `lost` or `gained`: its last transfer                                             |
 * | `m:<environment>:<store>` | `lost` or `gained`: the last transfer of these purchases; empty: of any           |
 * | `x:<experiment>`          | The variant of a RevenueCat experiment                                            |
 */
export type CustomerState = ReadonlyMap<string, TimestampedValue>;

export const emptyState: CustomerState = new Map();

/** Commutative, associative and idempotent. */
export function joinStates(a: CustomerState, b: CustomerState): CustomerState {
  if (b.size === 0) return capState(a);
  if (a.size === 0) return capState(b);
  const joined = new Map(a);
  for (const [name, value] of b) {
    const other = joined.get(name);
    if (other === undefined || isNewer(value, other)) joined.set(name, value);
  }
  return capState(joined);
}

/**
 * A customer has a handful of each. More phases than terms are kept, because the newest event of a purchase may state terms only.
 * What has no end is counted apart: it may be active although its last event is older than those of any number of others.
 */
const maxRegisters: Readonly<Record<string, number>> = {
  t: 100,
  p: 200,
  T: 100,
  P: 200,
  l: 100,
  m: 40,
  x: 50,
};

/**
 * Of each kind, the newest registers. The order is the one in which values of a register replace each other, so a register can
 * only rise in it. Those that are kept of a join are therefore also kept of each part of it, and capping at every step gives the
 * same as capping once.
 */
export function capState(state: CustomerState): CustomerState {
  if (state.size <= Math.min(...Object.values(maxRegisters))) return state;
  const kept: [string, TimestampedValue][] = [];
  for (const [kind, registers] of Map.groupBy(state, ([name]) => name.charAt(0)))
    kept.push(...registers.sort(byAge).slice(0, maxRegisters[kind] ?? 0));
  return new Map(kept);
}

/** The newest first. */
function byAge([nameA, a]: [string, TimestampedValue], [nameB, b]: [string, TimestampedValue]): number {
  if (isNewer(a, b)) return -1;
  return isNewer(b, a) ? 1 : compareText(nameA, nameB);
}
