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
import { compareAliases, compareText } from './bounds';
import { isNewerAttribute, type Profile } from './profile';

/** Decides what becomes of a customer attribute on its way out: its value, another, or undefined to leave it out. */
export type AttributeRule = (name: string, value: string) => string | undefined;

/** Fields of an event that enrichment adds or replaces. Empty: the event carries all that is known. */
export type EventPatch = JsonObject;

/**
 * What is known of the customer and not in the event.
 *
 * Where an id is known that the event names nowhere, `aliases` is every id known; of each attribute the newest value is
 * there, and those that were cleared are not; `original_app_user_id` is filled where the event lacks it.
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
  const isComplete = known.aliases.isSubsetOf(new Set([...aliases, appUserId, originalAppUserId]));
  if (isComplete) return {};
  const missing = known.aliases.difference(new Set(aliases));
  const given = event.fields['aliases'];
  return { aliases: [...(Array.isArray(given) ? given : aliases), ...[...missing].sort(compareAliases)] };
}

function originalPatch(event: RevenueCatEvent, known: Profile): EventPatch {
  const isMissing = customerIdsOf(event).originalAppUserId === undefined;
  return isMissing && known.original !== undefined ? { original_app_user_id: known.original.value } : {};
}

function attributesPatch(event: RevenueCatEvent, known: Profile, rule: AttributeRule): EventPatch {
  const given = event.fields['subscriber_attributes'];
  const entriesGiven = isObject(given) ? Object.entries(given) : [];
  const flattened = isPaywallEvent(event) || entriesGiven.some(([, entry]) => typeof entry === 'string');
  const own = attributesOf(event);
  const entries: [string, Json][] = [];
  let isChanged = given !== undefined && given !== null && !isObject(given);

  for (const [name, entry] of entriesGiven) {
    const [theirs, ours] = [own.get(name), known.attributes.get(name)];
    const isOurs = theirs !== undefined && ours !== undefined && isNewerAttribute(ours, theirs);
    const sent =
      theirs === undefined
        ? unread(name, entry, rule)
        : isOurs
          ? entryOf(name, ours, rule, flattened)
          : asGiven(name, theirs, entry, rule, flattened);
    if (sent !== entry) isChanged = true;
    if (sent !== undefined) entries.push([name, sent]);
  }
  for (const [name, attribute] of [...known.attributes].sort(([a], [b]) => compareText(a, b))) {
    if (isObject(given) && Object.hasOwn(given, name)) continue;
    const sent = entryOf(name, attribute, rule, flattened);
    if (sent === undefined) continue;
    isChanged = true;
    entries.push([name, sent]);
  }
  return isChanged ? { subscriber_attributes: Object.fromEntries(entries) } : {};
}

function asGiven(
  name: string,
  attribute: Attribute,
  entry: Json,
  rule: AttributeRule,
  flattened: boolean,
): Json | undefined {
  const isKept = attribute.value !== '' && rule(name, attribute.value) === attribute.value;
  return isKept ? entry : entryOf(name, attribute, rule, flattened);
}

/** What is sent of an attribute; undefined where it was cleared, or is to be left out. */
function entryOf(
  name: string,
  { value, updatedAtMs }: Attribute,
  rule: AttributeRule,
  flattened: boolean,
): Json | undefined {
  const sent = value === '' ? undefined : rule(name, value);
  if (sent === undefined || flattened) return sent;
  return { value: sent, updated_at_ms: updatedAtMs };
}

/** A shape that we cannot read goes on only where the rule lets every value through as it is. */
function unread(name: string, entry: Json, rule: AttributeRule): Json | undefined {
  return rule(name, 'any') === 'any' ? entry : undefined;
}
