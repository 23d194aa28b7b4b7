import {
  type Attribute,
  attributesOf,
  customerIdsOf,
  isObject,
  isPaywallEvent,
  type Json,
  type JsonObject,
  type RevenueCatEvent,
} from '@app/revenuecat';
import { type Profile } from './profile';

/** Decides what becomes of a customer attribute on its way out: its value, another, or undefined to leave it out. */
export type AttributeRule = (name: string, value: string) => string | undefined;

/** Fields of an event that enrichment adds or replaces. Empty: the event carries all that is known. */
export type EventPatch = JsonObject;

/**
 * What is known of the customer and not in the event.
 *
 * Every id known is afterwards among `app_user_id`, `original_app_user_id` and `aliases`; of each attribute the newest
 * value is there, and those that were cleared are not; `original_app_user_id` is filled where the event lacks it.
 */
export function enrich(event: RevenueCatEvent, known: Profile, rule: AttributeRule): EventPatch {
  return {
    ...aliasesPatch(event, known),
    ...originalPatch(event, known),
    ...attributesPatch(event, known, rule),
  };
}

function aliasesPatch(event: RevenueCatEvent, known: Profile): EventPatch {
  const { appUserId, originalAppUserId, aliases } = customerIdsOf(event);
  const named = new Set([...aliases, appUserId, originalAppUserId]);
  const missing = [...known.aliases].filter((alias) => !named.has(alias)).sort();
  if (missing.length === 0) return {};
  const given = event.fields['aliases'];
  return { aliases: [...(Array.isArray(given) ? given : aliases), ...missing] };
}

function originalPatch({ fields }: RevenueCatEvent, known: Profile): EventPatch {
  const isMissing = fields['original_app_user_id'] === undefined || fields['original_app_user_id'] === null;
  return isMissing && known.original !== undefined ? { original_app_user_id: known.original.value } : {};
}

function attributesPatch(event: RevenueCatEvent, known: Profile, rule: AttributeRule): EventPatch {
  const given = event.fields['subscriber_attributes'];
  const own = attributesOf(event);
  const flattened =
    isPaywallEvent(event) ||
    [...Object.values(isObject(given) ? given : {})].some((entry) => typeof entry === 'string');
  const entries: [string, Json][] = [];
  let changed = false;

  for (const [name, entry] of Object.entries(isObject(given) ? given : {})) {
    const ownAttribute = own.get(name);
    if (ownAttribute === undefined) {
      entries.push([name, entry]);
      continue;
    }
    const newest = known.attributes.get(name) ?? ownAttribute;
    const value = newest.value === '' ? undefined : rule(name, newest.value);
    const isAsGiven = value === ownAttribute.value && newest.updatedAtMs === ownAttribute.updatedAtMs;
    if (!isAsGiven) changed = true;
    if (value !== undefined) entries.push([name, isAsGiven ? entry : entryOf(newest, value, flattened)]);
  }
  for (const [name, attribute] of [...known.attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (own.has(name) || (isObject(given) && Object.hasOwn(given, name))) continue;
    const value = attribute.value === '' ? undefined : rule(name, attribute.value);
    if (value === undefined) continue;
    changed = true;
    entries.push([name, entryOf(attribute, value, flattened)]);
  }
  return changed ? { subscriber_attributes: Object.fromEntries(entries) } : {};
}

function entryOf({ updatedAtMs }: Attribute, value: string, flattened: boolean): Json {
  return flattened ? value : { value, updated_at_ms: updatedAtMs };
}
