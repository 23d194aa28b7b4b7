import { type IncomingEvent } from './incoming-event';
import { invalidShape, optionalObject, requireObject, requireText } from './json-shape';
import { eventValue, idInMetadata, isProductionTier, requireIdentity, tierOf } from './statsig-user';

/** Reads `POST /v1/webhooks/event_webhook`: one event, with its name in `event` and its time in `timestamp` (ms). */
export function readEventWebhookBody(json: unknown): IncomingEvent[] {
  const body = requireObject(json, 'The body');
  const user = requireObject(body['user'], 'user');
  const metadata = optionalObject(body['metadata'], 'metadata');
  const timestamp = body['timestamp'];
  if (timestamp !== undefined && !Number.isInteger(timestamp) && typeof timestamp !== 'string')
    throw invalidShape('timestamp', 'a whole number of milliseconds since 1970', timestamp);
  const environment = tierOf(user);
  return [
    {
      id: idInMetadata(metadata),
      userId: requireIdentity(user, 'user'),
      name: requireText(body['event'], 'event'),
      value: eventValue(body['value'], 'value'),
      environment,
      isProduction: isProductionTier(environment),
    },
  ];
}
