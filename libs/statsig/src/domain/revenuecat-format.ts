import { type Envelope, type JsonObject, numericIdsAsText, patchEvent } from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';

/**
 * The envelope as RevenueCat's own integration sends it to Statsig: the webhook's body with the enrichment, and with the
 * event's name in Statsig as its type. Numeric ids become text, because a parser would lose digits beyond 2^53.
 *
 * @param options.userId replaces the `app_user_id`; undefined to leave it as it is
 */
export function revenueCatBody(
  { event, text }: Envelope,
  enrichment: JsonObject,
  options: { naming: EventNaming; userId: string | undefined },
): string {
  const enriched = { ...event, fields: { ...event.fields, ...enrichment } };
  const patch: JsonObject = { ...enrichment, ...numericIdsAsText(enriched.fields) };
  const { userId } = options;
  if (userId !== undefined && userId !== enriched.fields['app_user_id']) patch['app_user_id'] = userId;
  const name = eventName(enriched, options.naming);
  const received = event.fields['type'];
  const isIllFormed = typeof received === 'string' && !received.isWellFormed();
  if (name !== event.type || isIllFormed) patch['type'] = name;
  return patchEvent(text, patch);
}
