import { customerIdsOf, type Envelope, type JsonObject, patchEvent } from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';
import { type IdentityRule, userIdOf } from './user-id';

/**
 * The envelope as RevenueCat's own integration sends it to Statsig: the webhook's body, with what enrichment adds and
 * the event's name in Statsig as its type.
 */
export function revenueCatBody(
  { event, text }: Envelope,
  enrichment: JsonObject,
  options: { naming: EventNaming; identity: IdentityRule },
): string {
  const enriched = { ...event, fields: { ...event.fields, ...enrichment } };
  const patch: JsonObject = { ...enrichment };
  const userId = userIdOf(customerIdsOf(enriched), options.identity);
  if (userId !== undefined && userId !== enriched.fields['app_user_id']) patch['app_user_id'] = userId;
  const name = eventName(event.type, options.naming);
  if (name !== event.type) patch['type'] = name;
  return patchEvent(text, patch);
}
