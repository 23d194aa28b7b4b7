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
import { compareAliases, compareText } from './limits';
import { type Profile } from './profile';

/** Decides how a customer attribute is sent: as its value, as another one, or not at all (undefined). */
export type AttributeRule = (name: string, value: string) => string | undefined;

/** Fields that enrichment adds to an event or replaces. Empty if the event already has everything that is known. */
export type EventPatch = JsonObject;

/**
 * Returns what is known of the customer and missing from the event.
 *
 * - `aliases` contains every known id if the event lacks one of them.
 * - `subscriber_attributes`: the event's own values are kept unless a value that is newer than the event is known. Known
 *   attributes that the event lacks are added, cleared ones are left out, and no time of the event's own is later than
 *   the event.
 * - `original_app_user_id` is set if the event lacks it.
 * - `environment` is `SANDBOX` if the event counts as sandbox.
 *
 * @param atMs time of the event in ms
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

/** The environment that an event states, or else the one that the customer's last event stated. */
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

/** Sets SANDBOX explicitly, because Statsig may treat an environment that it does not know as production. */
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
        ? unparsedEntry(name, entry, rule)
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

/** Caps the time of an entry at that of the event, because device clocks may be ahead. */
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

/** What is sent of an attribute; undefined if it was cleared, or the rule leaves it out. */
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

/** An entry of unknown shape is sent only if the rule passes every value through unchanged. */
function unparsedEntry(name: string, entry: Json, rule: AttributeRule): Json | undefined {
  return rule(name, 'any') === 'any' ? entry : undefined;
}
