import {
  type Attribute,
  customerIdsOf,
  environmentOf,
  type JsonObject,
  numberField,
  type RevenueCatEvent,
  textField,
} from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';
import { limits, safeKey, safeName } from './limits';
import { metadataOf } from './metadata';
import { anonymousIdOf, type IdentityRule, userIdOf } from './user-id';

/** Where a custom id comes from: an id of RevenueCat's, or a customer attribute by its name. */
export type CustomIdSource = string;

export interface LogEventOptions {
  naming: EventNaming;
  identity: IdentityRule;
  /** Statsig id type → where its value comes from. */
  customIds: Readonly<Record<string, CustomIdSource>>;
  /** Environment tier of sandbox events; never "production". */
  sandboxTier: string;
}

export type LogEvent = { kind: 'event'; body: string } | { kind: 'no_user'; detail: string };

/**
 * An event of Statsig's events API (https://docs.statsig.com/http-api: `POST /v1/log_event`).
 * Value is the price in USD: negative for a refund, 0 for a trial, absent where RevenueCat names none.
 *
 * @param attributes what may be told of the customer, by name
 * @param timeMs when it happened
 */
export function logEvent(
  event: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
  timeMs: number,
  options: LogEventOptions,
): LogEvent {
  const user = userOf(event, attributes, options);
  if (user === undefined) {
    return {
      kind: 'no_user',
      detail: `The event names no customer by an id that Statsig takes (at most ${limits.userIdLength} characters).`,
    };
  }
  const value = numberField(event.fields, 'price');
  const body = JSON.stringify({
    eventName: safeName(eventName(event.type, options.naming)),
    ...(value !== undefined && { value }),
    time: timeMs,
    user,
    metadata: metadataOf(event.id, event.type, event.fields),
  });
  return { kind: 'event', body };
}

function userOf(
  event: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
  { identity, customIds, sandboxTier }: LogEventOptions,
): JsonObject | undefined {
  const customer = customerIdsOf(event);
  const userID = takeable(userIdOf(customer, identity));
  const sources: Record<string, string | undefined> = {
    app_user_id: customer.appUserId,
    original_app_user_id: customer.originalAppUserId,
    anonymous_id: anonymousIdOf(customer),
  };
  const customIDs = Object.fromEntries(
    Object.entries(customIds).flatMap(([type, source]) => {
      const id = takeable(Object.hasOwn(sources, source) ? sources[source] : attributes.get(source)?.value);
      return id === undefined ? [] : [[type, id]];
    }),
  );
  if (userID === undefined && Object.keys(customIDs).length === 0) return undefined;
  const email = attributes.get('$email')?.value;
  const country = textField(event.fields, 'country_code');
  const user: JsonObject = {
    ...(userID !== undefined && { userID }),
    ...(Object.keys(customIDs).length > 0 && { customIDs }),
    ...(email !== undefined && email.length <= limits.userIdLength && { email }),
    ...(country !== undefined && /^[A-Z]{2}$/.test(country) && { country }),
    statsigEnvironment: { tier: environmentOf(event) === 'SANDBOX' ? sandboxTier : 'production' },
  };
  const custom = customOf(
    attributes,
    limits.userLength - JSON.stringify(user).length - ',"custom":{}'.length,
  );
  return Object.keys(custom).length > 0 ? { ...user, custom } : user;
}

/** Attributes by name, as many as the room holds; `$email` has a place of its own. */
function customOf(attributes: ReadonlyMap<string, Attribute>, room: number): Record<string, string> {
  const custom = new Map<string, string>();
  for (const [name, { value }] of [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = safeKey(name);
    const length = JSON.stringify(key).length + JSON.stringify(value).length + ':,'.length;
    if (name === '$email' || custom.has(key) || length > room) continue;
    room -= length;
    custom.set(key, value.toWellFormed());
  }
  return Object.fromEntries(custom);
}

function takeable(id: string | undefined): string | undefined {
  return id !== undefined && id !== '' && id.length <= limits.userIdLength ? id : undefined;
}
