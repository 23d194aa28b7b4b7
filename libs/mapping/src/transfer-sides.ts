import { type JsonObject, type RevenueCatEvent, type Side } from '@app/revenuecat';

/** RevenueCat sends one webhook, for the customer who gained: these fields, if present, belong to that customer. */
const clearedFields: JsonObject = { original_app_user_id: null, aliases: [], subscriber_attributes: {} };

/** The event as it is sent for one side, and the changes to it. */
export function eventOfSide(
  event: RevenueCatEvent,
  side: Side,
  appUserId: string,
): { event: RevenueCatEvent; patch: JsonObject } {
  const cleared = Object.entries(clearedFields).filter(([name]) => Object.hasOwn(event.fields, name));
  const patch = { app_user_id: appUserId, ...(side === 'from' && Object.fromEntries(cleared)) };
  return { event: { ...event, fields: { ...event.fields, ...patch } }, patch };
}
