import { isObject, type Json, type JsonObject } from '@app/revenuecat';

/** What Statsig reads from the body of a delivery. Null if it is absent, or if Statsig's RevenueCat connector decides it. */
export interface SentEvent {
  name: string | null;
  userId: string | null;
  customIds: Readonly<Record<string, string>> | null;
  value: string | number | null;
  /** What the value is, as in the metadata: a revenue mode, or `gross_percentages_missing`. */
  valueBasis: string | null;
  /** Environment tier. */
  tier: string | null;
  /** Properties of the user: the customer's attributes, purchases and experiments. */
  properties: JsonObject | null;
}

/** @param body JSON text of an envelope or of one event of the events API */
export function readSentEvent(format: 'revenuecat' | 'log_event', body: string): SentEvent {
  const json = JSON.parse(body) as JsonObject;
  if (format === 'revenuecat') {
    const event = objectOf(json['event']);
    return {
      name: textOf(event['type']),
      userId: textOf(event['app_user_id']),
      customIds: null,
      value: null,
      valueBasis: null,
      tier: null,
      properties: null,
    };
  }
  const user = objectOf(json['user']);
  const { value } = json;
  return {
    name: textOf(json['eventName']),
    userId: textOf(user['userID']),
    customIds: objectOf(user['customIDs']) as Record<string, string>,
    value: typeof value === 'number' || typeof value === 'string' ? value : null,
    valueBasis: textOf(objectOf(json['metadata'])['rc_value_basis']),
    tier: textOf(objectOf(user['statsigEnvironment'])['tier']),
    properties: objectOf(user['custom']),
  };
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
