import { type JsonObject, type RevenueCatEvent, type Side } from '@app/revenuecat';

/** RevenueCat sends one webhook, for the customer who gained: what it may tell of a customer beside the sides is theirs. */
const nothingOfTheOther: JsonObject = { original_app_user_id: null, aliases: [], subscriber_attributes: {} };

/** The event as it is told of one side, and what that changes in it. */
export function eventOfSide(
  event: RevenueCatEvent,
  side: Side,
  appUserId: string,
): { event: RevenueCatEvent; patch: JsonObject } {
  const others = Object.entries(nothingOfTheOther).filter(([name]) => Object.hasOwn(event.fields, name));
  const patch = { app_user_id: appUserId, ...(side === 'from' && Object.fromEntries(others)) };
  return { event: { ...event, fields: { ...event.fields, ...patch } }, patch };
}
