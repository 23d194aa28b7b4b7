import {
  type Attribute,
  attributesOf,
  type CustomerIds,
  customerIdsOf,
  type Environment,
  environmentOf,
  isObject,
  isPaywallEvent,
  type Json,
  type JsonObject,
  type RevenueCatEvent,
} from '@app/revenuecat';
import { compareAliases, compareText } from './bounds';
import { type Profile } from './profile';

/** Decides what becomes of a customer attribute on its way out: its value, another, or undefined to leave it out. */
export type AttributeRule = (name: string, value: string) => string | undefined;

/** Fields of an event that enrichment adds or replaces. Empty: the event carries all that is known. */
export type EventPatch = JsonObject;

/**
 * What is known of the customer and not in the event.
 *
 * Where an id is known that the event names nowhere, `aliases` is every id known. The event's own attributes stand unless
 * a newer value than the event is known; those that it lacks are added, those that were cleared are left out, and none of its
 * own is later than the event.
 * `original_app_user_id` is filled where the event lacks it. An event that counts as sandbox has `environment: "SANDBOX"`.
 *
 * @param atMs time of the event in ms; no attribute of its own is newer
 */
export function enrich(
  event: RevenueCatEvent,
  known: Profile,
  rule: AttributeRule,
  atMs: number,
): EventPatch {
  const named = customerIdsOf(event);
  return {
    ...aliasesPatch(event, named, known),
    ...originalPatch(named, known),
    ...environmentPatch(event, known),
    ...attributesPatch(event, known, rule, atMs),
  };
}

/** The environment of an event that names this customer: what it states, else what the customer's last event stated. */
export function environmentFor(event: RevenueCatEvent, known: Profile): Environment {
  return environmentOf(event, known.environment?.value === 'SANDBOX' ? 'SANDBOX' : 'PRODUCTION');
}

function aliasesPatch(
  event: RevenueCatEvent,
  { appUserId, originalAppUserId, aliases }: CustomerIds,
  known: Profile,
): EventPatch {
  const isComplete = known.aliases.isSubsetOf(new Set([...aliases, appUserId, originalAppUserId]));
  if (isComplete) return {};
  const missing = known.aliases.difference(new Set(aliases));
  const given = event.fields['aliases'];
  const received = Array.isArray(given) ? given.filter((id) => id !== null) : aliases;
  return { aliases: [...received, ...[...missing].sort(compareAliases)] };
}

function originalPatch({ originalAppUserId }: CustomerIds, known: Profile): EventPatch {
  const isMissing = originalAppUserId === undefined;
  return isMissing && known.original !== undefined ? { original_app_user_id: known.original.value } : {};
}

/** Statsig has to see it too: an environment that it does not know may be production to it. */
function environmentPatch(event: RevenueCatEvent, known: Profile): EventPatch {
  const isSandbox = environmentFor(event, known) === 'SANDBOX';
  return isSandbox && event.fields['environment'] !== 'SANDBOX' ? { environment: 'SANDBOX' } : {};
}

function attributesPatch(
  event: RevenueCatEvent,
  known: Profile,
  rule: AttributeRule,
  atMs: number,
): EventPatch {
  const given = event.fields['subscriber_attributes'];
  const entriesGiven = isObject(given) ? Object.entries(given) : [];
  const flattened = isPaywallEvent(event) || entriesGiven.some(([, entry]) => typeof entry === 'string');
  const own = attributesOf(event, atMs);
  const entries: [string, Json][] = [];
  let isChanged = given !== undefined && given !== null && !isObject(given);

  for (const [name, received] of entriesGiven) {
    const entry = notLaterThan(atMs, received);
    const [theirs, ours] = [own.get(name), known.attributes.get(name)];
    const isOurs = ours !== undefined && ours.updatedAtMs > atMs;
    const sent =
      theirs === undefined
        ? unread(name, entry, rule)
        : isOurs
          ? entryOf(name, ours, rule, flattened)
          : asGiven(name, theirs, entry, rule, flattened);
    if (sent !== received) isChanged = true;
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

/** An entry whose time is that of the event if the clock of a device says later; otherwise the entry itself. */
function notLaterThan(atMs: number, entry: Json): Json {
  if (!isObject(entry)) return entry;
  const time = entry['updated_at_ms'];
  // Integers beyond 2^53 are text.
  const isTime = typeof time === 'number' || (typeof time === 'string' && /^\d+$/.test(time));
  return isTime && Number(time) > atMs ? { ...entry, updated_at_ms: atMs } : entry;
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
