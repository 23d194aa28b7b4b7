import { isObject, type Json, type RevenueCatEvent } from '@app/revenuecat';
import { type EventValue } from './event-value';
import { limits, safeKey } from './limits';
import { type Trimming } from './trimming';

/** The most important keys come first: if the limit is reached, the end of this order is trimmed. */
const firstKeys = [
  'product_id', 'new_product_id', 'store', 'environment', 'purchase_environment', 'period_type', 'currency', 'price',
  'price_in_purchased_currency', 'transaction_id', 'original_transaction_id', 'entitlement_ids', 'cancel_reason',
  'expiration_reason', 'is_trial_conversion', 'renewal_number', 'is_family_share', 'offer_code',
  'presented_offering_id', 'country_code', 'app_id', 'purchased_at_ms', 'expiration_at_ms',
  'grace_period_expiration_at_ms', 'auto_resume_at_ms', 'tax_percentage', 'commission_percentage',
]; // prettier-ignore

/** Sent elsewhere in the event, or properties of the user and not of the event. */
const notMetadata = new Set([
  'id',
  'event_id',
  'type',
  'subscriber_attributes',
  'aliases',
  'event_timestamp_ms',
]);

export const eventIdKey = 'revenuecat_event_id';
export const eventTypeKey = 'revenuecat_event_type';
/** What the value of the event is, and its price before and after commission and tax. */
const valueBasisKey = 'rc_value_basis';
const grossKey = 'rc_gross_usd';
const proceedsKey = 'rc_proceeds_usd';
/** Present with the value "true" if metadata, or attributes of the user, were trimmed because of Statsig's limits. */
export const truncatedKey = 'revenuecat_metadata_truncated';
export const attributesTruncatedKey = 'revenuecat_attributes_truncated';

/**
 * The event's fields as Statsig's metadata: text values, at most 4,096 characters as JSON.
 * The order is event id and type, the basis of the value and the price, the fields of `firstKeys`, then the rest by name. A value
 * that does not fit is trimmed.
 *
 * @param value undefined if the event has none
 * @param areAttributesTruncated whether attributes of the user were trimmed
 */
export function metadataOf(
  { id, type, fields }: RevenueCatEvent,
  value: EventValue | undefined,
  areAttributesTruncated = false,
): { metadata: Record<string, string>; trimmed: Trimming[] } {
  const metadata = new Map<string, string>();
  let length = '{}'.length + entryLength(truncatedKey, 'true');
  const trimmed: Trimming[] = [];
  const isUsed = (key: string): boolean =>
    metadata.has(key) || key === truncatedKey || key === attributesTruncatedKey;
  const add = (key: string, value: string | undefined): void => {
    const trim = (cause: Trimming['cause']): void => {
      trimmed.push({ part: 'metadata', name: key, cause });
    };
    if (value === undefined) {
      trim('depth');
      return;
    }
    const safe = safeKey(key, isUsed);
    if (safe === undefined) {
      trim('repeated_key');
      return;
    }
    const added = entryLength(safe, value);
    if (length + added > limits.metadataLength) {
      trim('size');
      return;
    }
    length += added;
    metadata.set(safe, value);
  };

  add(eventIdKey, id);
  add(eventTypeKey, type.slice(0, limits.nameLength).toWellFormed());
  for (const [key, text] of valueEntries(value)) add(key, text);
  if (areAttributesTruncated) {
    length += entryLength(attributesTruncatedKey, 'true');
    metadata.set(attributesTruncatedKey, 'true');
  }
  const named = new Set(firstKeys);
  const rest = Object.keys(fields)
    .filter((key) => !named.has(key) && !notMetadata.has(key))
    .sort();
  for (const key of [...firstKeys, ...rest]) {
    if (!Object.hasOwn(fields, key)) continue;
    for (const [path, text] of flatten(key, fields[key] ?? null)) add(path, text);
  }
  if (trimmed.length > 0) metadata.set(truncatedKey, 'true');
  return { metadata: Object.fromEntries(metadata), trimmed };
}

function valueEntries(value: EventValue | undefined): [string, string][] {
  if (value === undefined) return [];
  const { basis, grossUsd, proceedsUsd } = value;
  return [
    [valueBasisKey, basis],
    [grossKey, String(grossUsd)],
    ...(proceedsUsd === undefined ? [] : [[proceedsKey, String(proceedsUsd)] as [string, string]]),
  ];
}

/** RevenueCat nests three levels. Deeper values are trimmed. */
const maxDepth = 4;

/** Each text with its path; undefined in place of a value that is nested too deeply. */
function* flatten(path: string, value: Json, depth = 0): Generator<[string, string | undefined]> {
  if (value === null) return;
  if (typeof value !== 'object') yield [path, String(value).toWellFormed()];
  else if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) {
    const items = value.filter((item) => item !== null);
    if (items.length > 0) yield [path, items.join(',').toWellFormed()];
  } else if (depth === maxDepth) yield [path, undefined];
  else {
    const entries: [string | number, Json][] = isObject(value) ? Object.entries(value) : [...value.entries()];
    for (const [key, item] of entries) yield* flatten(`${path}_${key}`, item, depth + 1);
  }
}

function entryLength(key: string, value: string): number {
  return JSON.stringify(key).length + JSON.stringify(value).length + ':,'.length;
}
