import {
  attributesOf,
  customerIdsOf,
  eventTimeMs,
  idsField,
  isAppUserId,
  type RevenueCatEvent,
  sidesOf,
  textField,
} from '@app/revenuecat';
import { nobody, type Profile } from './profile';

/** What an event tells of a customer: whom it names, and what is learned from it. */
export interface Observation {
  /** Ids of one customer, the most lasting first. */
  ids: readonly string[];
  /** Empty where the event only names the customer. */
  learned: Profile;
}

/**
 * A TRANSFER, and a redemption that is a transfer, names two customers, who stay two: nothing is learned of who is who.
 * Every other event names one customer by all its ids.
 */
export function observe(event: RevenueCatEvent): Observation[] {
  const sides = sidesOf(event);
  if (sides !== undefined) {
    return [sides.from, sides.to].filter((ids) => ids.length > 0).map((ids) => ({ ids, learned: nobody }));
  }
  const ids = idsOfOneCustomer(event);
  if (ids.length === 0) return [];
  const { originalAppUserId } = customerIdsOf(event);
  return [
    {
      ids,
      learned: {
        aliases: new Set(ids),
        attributes: attributesOf(event),
        ...(originalAppUserId !== undefined && {
          original: { value: originalAppUserId, atMs: eventTimeMs(event) ?? 0 },
        }),
      },
    },
  ];
}

function idsOfOneCustomer(event: RevenueCatEvent): string[] {
  const { originalAppUserId, appUserId, aliases } = customerIdsOf(event);
  const redeemed = event.type === 'PURCHASE_REDEEMED' ? redeemers(event) : [];
  return [...new Set([originalAppUserId, appUserId, ...aliases, ...redeemed])].filter(isAppUserId);
}

/** Redeeming by alias makes payer and redeemer one customer (RevenueCat's `redemption_outcome`). */
function redeemers({ fields }: RevenueCatEvent): string[] {
  const redeemedBy = idsField(fields, 'redeemed_by');
  return textField(fields, 'redemption_outcome') === 'alias'
    ? [...redeemedBy, ...idsField(fields, 'redeemed_from')]
    : redeemedBy;
}
