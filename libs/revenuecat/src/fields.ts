import { isObject, type Json, type JsonObject, type RevenueCatEvent } from './envelope';

/** A non-empty string, else undefined. */
export function textField(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A finite number, else undefined: a price of "9.99" is text, and nobody’s revenue. */
export function numberField(fields: JsonObject, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The app user ids in a list, without repeats and without what is no id. One bare string counts as a list of one. */
export function idsField(fields: JsonObject, name: string): string[] {
  const value = fields[name];
  const items: Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return [...new Set(items.map(appUserId).filter((id) => id !== undefined))];
}

export function idField(fields: JsonObject, name: string): string | undefined {
  return appUserId(fields[name]);
}

/** The id as text, also if it was sent as a number. Beyond 2^53 a number no longer identifies one customer. */
function appUserId(value: Json | undefined): string | undefined {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return isAppUserId(id) ? id : undefined;
}

/** Ids that RevenueCat blocks, since every app that sends them would share one customer (https://www.revenuecat.com/docs/customers/user-ids). */
const blockedIds = new Set([
  'no_user', 'null', 'none', 'nil', '(null)', 'NaN', '\\x00', '', 'unidentified', 'undefined', 'unknown',
  'anonymous', 'guest', '-1', '0', '[]', '{}', '[object Object]',
]); // prettier-ignore

/** RevenueCat advises at most 100 characters; far longer "ids" would only cost memory. */
export const maxAppUserIdLength = 512;

export function isAppUserId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxAppUserIdLength &&
    value.isWellFormed() &&
    !blockedIds.has(value)
  );
}

/** RevenueCat makes such an id when the app names none (https://www.revenuecat.com/docs/customers/user-ids). */
export function isAnonymous(appUserId: string): boolean {
  return appUserId.startsWith('$RCAnonymousID:');
}

/** 2100-01-01: RevenueCat's own samples carry the year 4466. */
const absurdlyLateMs = 4_102_444_800_000;

/** When the event was made, or undefined where the field is absent or absurd. */
export function eventTimeMs({ fields }: RevenueCatEvent): number | undefined {
  return timeField(fields, 'event_timestamp_ms');
}

export function timeField(fields: JsonObject, name: string): number | undefined {
  const time = numberField(fields, name);
  return time !== undefined && time >= 0 && time < absurdlyLateMs ? Math.trunc(time) : undefined;
}

export type Environment = 'PRODUCTION' | 'SANDBOX';

/** VIRTUAL_CURRENCY_TRANSACTION says `purchase_environment`; storeless events say nothing and count as production. */
export function environmentOf({ fields }: RevenueCatEvent): Environment {
  const environment = textField(fields, 'environment') ?? textField(fields, 'purchase_environment');
  return environment?.toUpperCase() === 'SANDBOX' ? 'SANDBOX' : 'PRODUCTION';
}

export interface Attribute {
  /** Empty: cleared by the app, which RevenueCat says as null or "". */
  value: string;
  updatedAtMs: number;
}

/** RevenueCat takes names of 40 characters and values of 500 (https://www.revenuecat.com/docs/customers/customer-attributes). */
const maxAttributeNameLength = 256;
const maxAttributeValueLength = 4_096;

/**
 * Customer attributes of an event: `{name: {value, updated_at_ms}}`, flattened to `{name: value}` on paywall events.
 * An attribute without a usable time is as old as its event. What is no text, or far too long, is no attribute.
 */
export function attributesOf(event: RevenueCatEvent): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  const given = event.fields['subscriber_attributes'];
  if (!isObject(given)) return attributes;
  const ageOfEvent = eventTimeMs(event) ?? 0;
  for (const [name, entry] of Object.entries(given)) {
    const value = attributeValue(entry);
    if (value === undefined || name.length > maxAttributeNameLength || !name.isWellFormed()) continue;
    const updatedAtMs = isObject(entry) ? timeField(entry, 'updated_at_ms') : undefined;
    attributes.set(name, { value, updatedAtMs: updatedAtMs ?? ageOfEvent });
  }
  return attributes;
}

function attributeValue(entry: Json): string | undefined {
  const value = isObject(entry)
    ? (entry['value'] ?? (Object.hasOwn(entry, 'value') ? '' : undefined))
    : entry;
  return typeof value === 'string' && value.length <= maxAttributeValueLength && value.isWellFormed()
    ? value
    : undefined;
}
