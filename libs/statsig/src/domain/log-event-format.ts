import {
  type Attribute,
  customerIdsOf,
  environmentOf,
  idText,
  isObject,
  type JsonObject,
  type RevenueCatEvent,
  textField,
} from '@app/revenuecat';
import { eventName, type EventNaming } from './event-name';
import { eventValue, type RevenueMode } from './event-value';
import { limits, safeKey, safeName } from './limits';
import { metadataOf } from './metadata';
import { type Trimming } from './trimming';
import { anonymousIdOf, isIdentifying } from './user-id';

export interface LogEventOptions {
  naming: EventNaming;
  revenue: RevenueMode;
  /** Undefined to send custom ids only. */
  userId: string | undefined;
  /** Statsig id type → source of its value: the name of one of RevenueCat's ids, or of a customer attribute. */
  customIds: Readonly<Record<string, string>>;
  /** Environment tier of sandbox events; never "production". */
  sandboxTier: string;
  /** Further properties of the user, which come before its attributes. */
  properties?: ReadonlyMap<string, string | string[]>;
}

export type LogEvent =
  | {
      kind: 'event';
      body: string;
      /** False if only custom ids identify the user. */
      hasUserId: boolean;
      trimmed: readonly Trimming[];
    }
  | { kind: 'no_user'; detail: string };

/**
 * An event of Statsig's events API (https://docs.statsig.com/http-api: `POST /v1/log_event`).
 * The value is in USD: negative for a refund, 0 for a trial, absent if RevenueCat sends no price.
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
  const { user, trimmed: trimmedIdsAndAttributes } = found;
  const trimmedUser = [...trimmedIdsAndAttributes, ...unreadableAttributes(event, attributes)];
  const value = eventValue(event, options.revenue);
  const name = eventName(event, options.naming);
  const { metadata, trimmed } = metadataOf(
    event,
    value,
    trimmedUser.some(({ part }) => part === 'attribute'),
  );
  const body = JSON.stringify({
    eventName: safeName(name),
    ...(value !== undefined && { value: value.valueUsd }),
    time: timeMs,
    user,
    metadata,
  });
  return {
    kind: 'event',
    body,
    hasUserId: Object.hasOwn(user, 'userID'),
    trimmed: [...trimmedName(name), ...trimmedUser, ...trimmed],
  };
}

function trimmedName(name: string): Trimming[] {
  if (safeName(name) === name) return [];
  return [{ part: 'event_name', name, cause: name.length > limits.nameLength ? 'length' : 'characters' }];
}

/** The attributes of the event that are not text, or whose names are not well-formed. */
function unreadableAttributes(
  { fields }: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
): Trimming[] {
  const given = fields['subscriber_attributes'];
  if (!isObject(given)) return [];
  return Object.keys(given)
    .filter((name) => !attributes.has(name))
    .map((name) => ({ part: 'attribute', name: name.toWellFormed(), cause: 'not_text' }));
}

/** The user, and what of it was trimmed; undefined if no id can be sent. */
function userOf(
  event: RevenueCatEvent,
  attributes: ReadonlyMap<string, Attribute>,
  { userId, customIds, sandboxTier, properties }: LogEventOptions,
): { user: JsonObject; trimmed: readonly Trimming[] } | undefined {
  const customer = customerIdsOf(event);
  const userID = validId(userId);
  const sources: Record<string, string | undefined> = {
    app_user_id: customer.appUserId,
    original_app_user_id: customer.originalAppUserId,
    anonymous_id: anonymousIdOf(customer),
    original_transaction_id: identifying(idText(event.fields['original_transaction_id'])),
  };
  const trimmedIds: Trimming[] = [];
  const customIDs = Object.fromEntries(
    Object.entries(customIds).flatMap(([type, source]) => {
      const isAttribute = !Object.hasOwn(sources, source);
      const given = isAttribute ? attributes.get(source)?.value : sources[source];
      const usable = isAttribute ? identifying(given) : given;
      const id = validId(usable);
      if (id === undefined && given !== undefined && given !== '')
        trimmedIds.push({
          part: 'custom_id',
          name: type,
          cause: usable === undefined ? 'not_text' : 'length',
        });
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
  const { custom, trimmed } = customOf([...(properties ?? []), ...values.sort(byName)], room);
  return {
    user: Object.keys(custom).length > 0 ? { ...user, custom } : user,
    trimmed: [...trimmedIds, ...trimmed],
  };
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
): { custom: Record<string, string | string[]>; trimmed: Trimming[] } {
  const custom = new Map<string, string | string[]>();
  const trimmed: Trimming[] = [];
  for (const [name, given] of properties) {
    const value = typeof given === 'string' ? given.toWellFormed() : given;
    const key = safeKey(name, (used) => custom.has(used));
    const length = JSON.stringify(key ?? '').length + JSON.stringify(value).length + ':,'.length;
    if (key === undefined || length > room) {
      trimmed.push({ part: 'attribute', name, cause: key === undefined ? 'repeated_key' : 'size' });
      continue;
    }
    room -= length;
    custom.set(key, value);
  }
  return { custom: Object.fromEntries(custom), trimmed };
}

function identifying(value: string | undefined): string | undefined {
  return value !== undefined && isIdentifying(value) ? value : undefined;
}

function validId(id: string | undefined): string | undefined {
  return id !== undefined && id !== '' && id.length <= limits.userIdLength ? id : undefined;
}
