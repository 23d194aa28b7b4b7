export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/**
 * A RevenueCat event. Only its id is sure: RevenueCat adds fields and types without notice
 * (https://www.revenuecat.com/docs/integrations/webhooks), so everything else is read through accessors that expect anything.
 */
export interface RevenueCatEvent {
  /** What deduplication rests on: a retry by RevenueCat keeps it. */
  id: string;
  type: string;
  fields: JsonObject;
}

export interface Envelope {
  event: RevenueCatEvent;
  /** The envelope's text as received. */
  text: string;
}

export type UnreadableReason =
  'not_utf8' | 'not_json' | 'not_an_envelope' | 'no_event_id' | 'event_id_too_long' | 'event_id_malformed';

/** Why bytes are no event, where (a JSON pointer), and what to do about it. */
export interface Unreadable {
  reason: UnreadableReason;
  detail: string;
  pointer: string;
}

export type ParsedEnvelope = { kind: 'envelope'; envelope: Envelope } | ({ kind: 'unreadable' } & Unreadable);

/** RevenueCat's ids are UUIDs of 36 characters; ours travel in Redis keys and record headers. */
export const maxEventIdLength = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function parseEnvelope(bytes: Uint8Array): ParsedEnvelope {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return unreadable(
      'not_utf8',
      '',
      'The body is not UTF-8 text. Send the JSON envelope as RevenueCat does.',
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return unreadable('not_json', '', `The body is not JSON: ${(error as Error).message}.`);
  }
  return readEnvelope(json, text);
}

function readEnvelope(json: unknown, text: string): ParsedEnvelope {
  if (!isObject(json)) {
    return unreadable('not_an_envelope', '', 'The body must be an object {"api_version", "event"}.');
  }
  const fields = json['event'];
  if (!isObject(fields)) {
    return unreadable('not_an_envelope', '/event', 'The envelope has no "event" object.');
  }
  // Paywall events carry `event_id` instead of `id`.
  const id = fields['id'] === undefined ? fields['event_id'] : fields['id'];
  if (typeof id !== 'string' || id === '') {
    return unreadable(
      'no_event_id',
      '/event/id',
      'The event has no "id" (a non-empty string): without it a repeat cannot be told.',
    );
  }
  if (id.length > maxEventIdLength) {
    return unreadable(
      'event_id_too_long',
      '/event/id',
      `The event id has ${id.length} characters; at most ${maxEventIdLength} are taken.`,
    );
  }
  if (!id.isWellFormed()) {
    return unreadable(
      'event_id_malformed',
      '/event/id',
      'The event id holds half of a surrogate pair, so two different ids would look the same in UTF-8.',
    );
  }
  const type = typeof fields['type'] === 'string' ? fields['type'] : '';
  return { kind: 'envelope', envelope: { event: { id, type, fields }, text } };
}

function unreadable(reason: UnreadableReason, pointer: string, detail: string): ParsedEnvelope {
  return { kind: 'unreadable', reason, pointer, detail };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
