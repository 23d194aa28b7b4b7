import { idText, isObject, type Json, type JsonObject, type RevenueCatEvent } from './envelope';

/** A non-empty string, else undefined. */
export function textField(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A finite number, else undefined. A price of "9.99" is text, and does not count as revenue. */
export function numberField(fields: JsonObject, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The app user ids in a list, without duplicates and invalid ids. A single value counts as a list of one. */
export function idsField(fields: JsonObject, name: string): string[] {
  const value = fields[name];
  const items: Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return [...new Set(items.map(appUserId).filter((id) => id !== undefined))];
}

export function idField(fields: JsonObject, name: string): string | undefined {
  return appUserId(fields[name]);
}

function appUserId(value: Json | undefined): string | undefined {
  const id = idText(value);
  return isAppUserId(id) ? id : undefined;
}

/**
 * What apps send if they do not know the user. As ids, these values would merge many customers into one. RevenueCat blocks
 * the first two lines (https://www.revenuecat.com/docs/customers/user-ids); here, all are blocked regardless of case.
 */
const placeholders: ReadonlySet<string> = new Set([
  'no_user', 'null', 'none', 'nil', '(null)', 'nan', '\\x00', 'unidentified', 'undefined', 'unknown',
  'anonymous', 'guest', '-1', '[]', '{}', '[object object]',
  '<null>', '\\u0000', '$rcanonymousid:',
]); // prettier-ignore

/** Nothing visible: white space, control and format characters. */
const blank = /^[\s\p{Cc}\p{Cf}]*$/u;
/** Zeros and hyphens, such as `0` or the nil UUID. */
const zeros = /^[0-]+$/;

const maxPlaceholderLength = Math.max(...[...placeholders].map(({ length }) => length));

/** Whether an id is what apps send if they do not know the user. */
export function isPlaceholder(id: string): boolean {
  if (!beginsVisibly(id) && (blank.test(id) || zeros.test(id))) return true;
  return id.trim().length <= maxPlaceholderLength && placeholders.has(comparableId(id));
}

/** Whether the first character rules out blank ids and zeros. A fast path, because the ids of an event are read many times. */
function beginsVisibly(id: string): boolean {
  const first = id.charCodeAt(0);
  return first > 0x20 && first < 0x7f && first !== 0x30 && first !== 0x2d;
}

/** The form in which ids are compared with placeholders and blocked ids. */
export function comparableId(id: string): string {
  return id.trim().toLowerCase();
}

/** RevenueCat recommends at most 100 characters. Much longer ids would only use memory. */
const maxAppUserIdLength = 512;

/**
 * Whether a value identifies one customer. Text that is not well-formed does not, because different texts of that kind are the
 * same in UTF-8. Nor does an id with a slash, which RevenueCat blocks.
 */
export function isAppUserId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxAppUserIdLength &&
    value.isWellFormed() &&
    !value.includes('/') &&
    !isPlaceholder(value)
  );
}

/** RevenueCat generates such an id if the app provides none (https://www.revenuecat.com/docs/customers/user-ids). */
export function isAnonymous(appUserId: string): boolean {
  return appUserId.startsWith('$RCAnonymousID:');
}

/** 2100-01-01. RevenueCat's own samples contain the year 4466. */
const firstImplausibleMs = 4_102_444_800_000;

/** Time of the event in ms; undefined if the field is absent or implausible. */
export function eventTimeMs({ fields }: RevenueCatEvent): number | undefined {
  return timeField(fields, 'event_timestamp_ms');
}

export function timeField(fields: JsonObject, name: string): number | undefined {
  const time = numberField(fields, name);
  return time !== undefined && time >= 0 && time < firstImplausibleMs ? Math.trunc(time) : undefined;
}

export type Environment = 'PRODUCTION' | 'SANDBOX';

/**
 * The environment that an event states; undefined if it states none, as events without a store do. Only PRODUCTION counts as
 * production, and any other stated value as sandbox. VIRTUAL_CURRENCY_TRANSACTION has `purchase_environment`.
 */
export function statedEnvironmentOf({ fields }: RevenueCatEvent): Environment | undefined {
  const stated = [fields['environment'], fields['purchase_environment']].find(
    (value) => value !== undefined && value !== null && upperCase(value) !== '',
  );
  if (stated !== undefined) return upperCase(stated) === 'PRODUCTION' ? 'PRODUCTION' : 'SANDBOX';
  return upperCase(fields['store']) === 'TEST_STORE' ? 'SANDBOX' : undefined;
}

/** @param otherwise the environment of an event that states none */
export function environmentOf(event: RevenueCatEvent, otherwise: Environment = 'PRODUCTION'): Environment {
  return statedEnvironmentOf(event) ?? otherwise;
}

function upperCase(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value.trim().toUpperCase() : undefined;
}

export interface Attribute {
  /** Empty if the app cleared the attribute, which RevenueCat sends as null or "". */
  value: string;
  updatedAtMs: number;
}

/**
 * Customer attributes of an event: `{name: {value, updated_at_ms}}`, flattened to `{name: value}` on paywall events.
 * Values are made well-formed. Entries whose value is not text, or whose name is not well-formed, are ignored.
 *
 * @param atMs time of the event in ms. No attribute is newer, because its time comes from a device clock, which may be
 *   wrong. An attribute without a valid time gets that of its event.
 */
export function attributesOf(event: RevenueCatEvent, atMs = eventTimeMs(event)): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  const given = event.fields['subscriber_attributes'];
  if (!isObject(given)) return attributes;
  for (const [name, entry] of Object.entries(given)) {
    const value = attributeValue(entry);
    if (value === undefined || !name.isWellFormed()) continue;
    const updatedAtMs = (isObject(entry) ? timeField(entry, 'updated_at_ms') : undefined) ?? atMs ?? 0;
    attributes.set(name, { value, updatedAtMs: Math.min(updatedAtMs, atMs ?? updatedAtMs) });
  }
  return attributes;
}

function attributeValue(entry: Json): string | undefined {
  const value = isObject(entry)
    ? (entry['value'] ?? (Object.hasOwn(entry, 'value') ? '' : undefined))
    : entry;
  return typeof value === 'string' ? value.toWellFormed() : undefined;
}
