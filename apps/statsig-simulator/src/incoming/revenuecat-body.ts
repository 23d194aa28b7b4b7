import { type IncomingEvent } from './incoming-event';
import { type JsonObject, requireObject, requireText, text } from './json-shape';

/** Reads RevenueCat's envelope `{api_version, event}`, with one event. Unknown fields and types are accepted. */
export function readRevenueCatBody(json: unknown): IncomingEvent[] {
  const envelope = requireObject(json, 'The body');
  const event = requireObject(envelope['event'], 'event');
  const environment = text(event['environment']) ?? text(event['purchase_environment']) ?? 'PRODUCTION';
  return [
    {
      // Paywall events use `event_id`.
      id: text(event['id']) ?? text(event['event_id']) ?? requireText(event['id'], 'event.id'),
      userId: userOf(event),
      name: requireText(event['type'], 'event.type'),
      value: typeof event['price'] === 'number' ? event['price'] : undefined,
      environment,
      isProduction: environment.toUpperCase() !== 'SANDBOX',
    },
  ];
}

/** TRANSFER and PURCHASE_REDEEMED may have their customers only in lists. */
function userOf(event: JsonObject): string | undefined {
  const first = (list: unknown): string | undefined => (Array.isArray(list) ? text(list[0]) : undefined);
  return (
    text(event['app_user_id']) ??
    text(event['original_app_user_id']) ??
    first(event['transferred_to']) ??
    first(event['transferred_from']) ??
    first(event['redeemed_by'])
  );
}
