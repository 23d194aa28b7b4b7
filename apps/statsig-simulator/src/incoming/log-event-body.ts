import { type IncomingEvent } from './incoming-event';
import { invalidShape, type JsonObject, optionalObject, requireObject, requireText } from './json-shape';
import { eventValue, idInMetadata, isProductionTier, requireIdentity, tierOf } from './statsig-user';

/** Reads `POST /v1/log_event`: one or more events, with a shared user. An event's own user takes precedence. */
export function readLogEventBody(json: unknown): IncomingEvent[] {
  const body = requireObject(json, 'The body');
  const events = body['events'];
  if (!Array.isArray(events) || events.length === 0)
    throw invalidShape('events', 'an array of one event or more', events);
  const sharedUser = optionalObject(body['user'], 'user');
  return events.map((event: unknown, index) => readEvent(event, sharedUser, `events[${index}]`));
}

function readEvent(json: unknown, sharedUser: JsonObject | undefined, where: string): IncomingEvent {
  const event = requireObject(json, where);
  const user = optionalObject(event['user'], `${where}.user`) ?? sharedUser;
  const metadata = optionalObject(event['metadata'], `${where}.metadata`);
  checkTime(event['time'], `${where}.time`);
  const environment = tierOf(user);
  return {
    id: idInMetadata(metadata),
    userId: requireIdentity(user, `${where}.user`),
    name: requireText(event['eventName'], `${where}.eventName`),
    value: eventValue(event['value'], `${where}.value`),
    environment,
    isProduction: isProductionTier(environment),
  };
}

function checkTime(time: unknown, where: string): void {
  if (time === undefined || time === null || Number.isInteger(time)) return;
  if (typeof time === 'string' && !Number.isNaN(Date.parse(time))) return;
  throw invalidShape(where, 'a whole number of milliseconds since 1970 or an ISO date and time', time);
}
