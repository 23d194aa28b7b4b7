import {
  attributesOf,
  type CustomerIds,
  customerIdsOf,
  eventTimeMs,
  idsField,
  redeemersOf,
  type RevenueCatEvent,
  sidesOf,
  statedEnvironmentOf,
  textField,
} from '@app/revenuecat';
import { limitAttributes, compareAliases, maxAliases } from './limits';
import { emptyState } from './customer-state';
import { observeState } from './observe-state';
import { emptyProfile, type Profile } from './profile';

/** What an event shows about one customer: the ids that it names, and what is learned from it. */
export interface Observation {
  /** Ids of one customer, the most stable first. The first becomes the order key of a customer who has none. */
  ids: readonly string[];
  learned: Profile;
  /** The event names these ids, but does not show that they belong to one customer. */
  isNamingOnly?: true;
}

/**
 * A TRANSFER names two customers, and so does a redemption that is a transfer. They stay two, and nothing is learned from
 * the event. Every other event names one customer by all of its ids.
 *
 * @param atMs time of the event in ms; nothing is learned with a later time
 * @param collectsState whether purchases and experiments are learned too
 */
export function observe(
  event: RevenueCatEvent,
  atMs = eventTimeMs(event),
  collectsState = false,
): Observation[] {
  const sides = sidesOf(event);
  if (sides !== undefined) {
    return sides.filter(({ ids }) => ids.length > 0).map(({ ids }) => namingOnly(capIds(ids)));
  }
  const named = customerIdsOf(event);
  const ids = idsOfOneCustomer(event, named);
  if (ids.length === 0) return [];
  const { originalAppUserId } = named;
  const environment = statedEnvironmentOf(event);
  const state = collectsState ? observeState(event, atMs ?? 0) : emptyState;
  return [
    {
      ids,
      learned: {
        aliases: new Set(ids),
        attributes: limitAttributes(attributesOf(event, atMs)),
        ...(originalAppUserId !== undefined && { original: { value: originalAppUserId, atMs: atMs ?? 0 } }),
        ...(environment !== undefined && { environment: { value: environment, atMs: atMs ?? 0 } }),
        ...(state.size > 0 && { state }),
      },
    },
  ];
}

/** @param learned about whichever customer each of the ids belongs to */
export function namingOnly(ids: readonly string[], learned = emptyProfile): Observation {
  return { ids, learned, isNamingOnly: true };
}

function idsOfOneCustomer(
  event: RevenueCatEvent,
  { originalAppUserId, appUserId, aliases }: CustomerIds,
): string[] {
  const named = [originalAppUserId, appUserId].filter((id) => id !== undefined);
  const others = [...aliases, ...redeemersOf(event), ...payersWhoRedeemed(event)];
  return [...new Set([...named, ...capIds([...new Set(others)])])];
}

/** Redeeming by alias makes payer and redeemer one customer (RevenueCat's `redemption_outcome`). */
function payersWhoRedeemed({ type, fields }: RevenueCatEvent): string[] {
  const isOneCustomer =
    type === 'PURCHASE_REDEEMED' && textField(fields, 'redemption_outcome')?.toLowerCase() === 'alias';
  return isOneCustomer ? idsField(fields, 'redeemed_from') : [];
}

/** Keeps the ids that come first if there are more than a profile keeps. */
export function capIds(ids: string[]): string[] {
  return ids.length <= maxAliases ? ids : ids.sort(compareAliases).slice(0, maxAliases);
}
