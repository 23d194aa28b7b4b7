import { customerIdsOf, type Envelope, type JsonObject, numericIdsAsText, patchEvent } from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';
import { type IdentityRule, userIdOf } from './user-id';

/**
 * The envelope as RevenueCat's own integration sends it to Statsig: the webhook's body with the enrichment, and with the
 * event's name in Statsig as its type. Numeric ids become text, because a parser would lose digits beyond 2^53.
 */
export function revenueCatBody(
  { event, text }: Envelope,
  enrichment: JsonObject,
  options: { naming: EventNaming; identity: IdentityRule },
): string {
  const enriched = { ...event, fields: { ...event.fields, ...enrichment } };
  const patch: JsonObject = { ...enrichment, ...numericIdsAsText(enriched.fields) };
  const userId = userIdOf(customerIdsOf(enriched), options.identity);
  if (userId !== undefined && userId !== enriched.fields['app_user_id']) patch['app_user_id'] = userId;
  const name = eventName(event.type, options.naming);
  const received = event.fields['type'];
  const isIllFormed = typeof received === 'string' && !received.isWellFormed();
  if (name !== event.type || isIllFormed) patch['type'] = name;
  return patchEvent(text, patch);
}
