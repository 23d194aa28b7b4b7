import {
  type Attribute,
  customerIdsOf,
  environmentOf,
  isObject,
  type JsonObject,
  numberField,
  type RevenueCatEvent,
  textField,
} from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';
import { limits, safeKey, safeName } from './limits';
import { metadataOf } from './metadata';
import { anonymousIdOf, type IdentityRule, userIdOf } from './user-id';

export interface LogEventOptions {
  naming: EventNaming;
  identity: IdentityRule;
  /** Statsig id type → source of its value: the name of one of RevenueCat's ids, or of a customer attribute. */
  customIds: Readonly<Record<string, string>>;
  /** Environment tier of sandbox events; never "production". */
  sandboxTier: string;
  /** Further properties of the user, which come before its attributes. */
  properties?: ReadonlyMap<string, string | string[]>;
}

export type LogEvent = { kind: 'event'; body: string } | { kind: 'no_user'; detail: string };

/**
 * An event of Statsig's events API (https://docs.statsig.com/http-api: `POST /v1/log_event`).
 * The value is the price in USD: negative for a refund, 0 for a trial, absent if RevenueCat sends none.
 *
 * @param attributes the customer's attributes that may be sent, by name
 * @param timeMs when the event happened
 */
export function logEvent(
  event: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
  timeMs: number,
  options: LogEventOptions,
): LogEvent {
  const found = userOf(event, attributes, options);
  if (found === undefined) {
    return {
      kind: 'no_user',
      detail: `The event has no customer id that Statsig accepts (at most ${limits.userIdLength} characters).`,
    };
  }
  const { user, isTruncated } = found;
  const value = numberField(event.fields, 'price');
  const body = JSON.stringify({
    eventName: safeName(eventName(event.type, options.naming)),
    ...(value !== undefined && { value }),
    time: timeMs,
    user,
    metadata: metadataOf(event, isTruncated || hasUnreadable(event, attributes)),
  });
  return { kind: 'event', body };
}

/** Whether the event has attributes that are not text, or whose names are not well-formed. */
function hasUnreadable({ fields }: RevenueCatEvent, attributes: ReadonlyMap<string, Attribute>): boolean {
  const given = fields['subscriber_attributes'];
  return isObject(given) && Object.keys(given).some((name) => !attributes.has(name));
}

/** The user, and whether some of the attributes were left out; undefined if no id can be sent. */
function userOf(
  event: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
  { identity, customIds, sandboxTier, properties }: LogEventOptions,
): { user: JsonObject; isTruncated: boolean } | undefined {
  const customer = customerIdsOf(event);
  const userID = validId(userIdOf(customer, identity));
  const sources: Record<string, string | undefined> = {
    app_user_id: customer.appUserId,
    original_app_user_id: customer.originalAppUserId,
    anonymous_id: anonymousIdOf(customer),
  };
  const customIDs = Object.fromEntries(
    Object.entries(customIds).flatMap(([type, source]) => {
      const id = validId(
        Object.hasOwn(sources, source) ? sources[source] : identifying(attributes.get(source)?.value),
      );
      return id === undefined ? [] : [[type, id]];
    }),
  );
  if (userID === undefined && Object.keys(customIDs).length === 0) return undefined;
  const email = emailOf(attributes);
  const country = textField(event.fields, 'country_code');
  const user: JsonObject = {
    ...(userID !== undefined && { userID }),
    ...(Object.keys(customIDs).length > 0 && { customIDs }),
    ...(email !== undefined && { email }),
    ...(country !== undefined && /^[A-Z]{2}$/.test(country) && { country }),
    statsigEnvironment: { tier: environmentOf(event) === 'SANDBOX' ? sandboxTier : 'production' },
  };
  const room = limits.userLength - JSON.stringify(user).length - ',"custom":{}'.length;
  const others = [...attributes].filter(([name]) => name !== emailAttribute || email === undefined);
  const values = others.map(([name, { value }]): [string, string] => [name, value]);
  const { custom, isTruncated } = customOf([...(properties ?? []), ...values.sort(byName)], room);
  return { user: Object.keys(custom).length > 0 ? { ...user, custom } : user, isTruncated };
}

const emailAttribute = '$email';

/** The e-mail address, if there is one. A hashed one is sent like any other attribute. */
function emailOf(attributes: ReadonlyMap<string, Attribute>): string | undefined {
  const email = attributes.get(emailAttribute)?.value.toWellFormed();
  return email?.includes('@') === true && email.length <= limits.userIdLength ? email : undefined;
}

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

/** As many of the properties as fit, in order. */
function customOf(
  properties: readonly (readonly [name: string, value: string | string[]])[],
  room: number,
): { custom: Record<string, string | string[]>; isTruncated: boolean } {
  const custom = new Map<string, string | string[]>();
  let isTruncated = false;
  for (const [name, given] of properties) {
    const value = typeof given === 'string' ? given.toWellFormed() : given;
    const key = safeKey(name, (used) => custom.has(used));
    const length = JSON.stringify(key ?? '').length + JSON.stringify(value).length + ':,'.length;
    if (key === undefined || length > room) {
      isTruncated = true;
      continue;
    }
    room -= length;
    custom.set(key, value);
  }
  return { custom: Object.fromEntries(custom), isTruncated };
}

/** U+FFFD replaces anything that was not well-formed, so a text that contains it does not identify a user. */
function identifying(value: string | undefined): string | undefined {
  return value?.toWellFormed().includes('\ufffd') === true ? undefined : value;
}

function validId(id: string | undefined): string | undefined {
  return id !== undefined && id !== '' && id.length <= limits.userIdLength ? id : undefined;
}
