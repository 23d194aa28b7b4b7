import { jsonProblem } from './json-problem';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/**
 * A RevenueCat event. Only its id is guaranteed: RevenueCat adds fields and types without notice
 * (https://www.revenuecat.com/docs/integrations/webhooks), so everything else is read through accessors that accept any value.
 */
export interface RevenueCatEvent {
  /** Identifies the event for deduplication. A retry by RevenueCat has the same id. */
  id: string;
  /** Well-formed, so that it is the same text after encoding and decoding as UTF-8. */
  type: string;
  /** Integers beyond 2^53 are text, which keeps all of their digits. */
  fields: JsonObject;
}

export interface Envelope {
  event: RevenueCatEvent;
  /** The envelope's JSON text as received. */
  text: string;
}

export type EnvelopeErrorReason =
  | 'not_utf8'
  | 'not_json'
  | 'schema_registry_payload'
  | 'not_an_envelope'
  | 'no_event_id'
  | 'event_id_too_long'
  | 'event_id_malformed';

/** Why bytes are not a valid event, where the problem is (a JSON pointer), and how to fix it. */
export interface EnvelopeError {
  reason: EnvelopeErrorReason;
  detail: string;
  pointer: string;
}

export type ParsedEnvelope =
  { kind: 'envelope'; envelope: Envelope } | ({ kind: 'unreadable' } & EnvelopeError);

/** Event ids are part of Redis keys and record headers. RevenueCat's are UUIDs of 36 characters. */
export const maxEventIdLength = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses the bytes of an envelope. Ignores the frame that the serializers of a schema registry put before the JSON.
 * Never throws.
 */
export function parseEnvelope(bytes: Uint8Array): ParsedEnvelope {
  const frame = schemaRegistryFrame(bytes);
  if (frame === undefined) return parseJsonEnvelope(bytes);
  const parsed = parseJsonEnvelope(bytes.subarray(frame.length));
  const isJson = parsed.kind === 'envelope' || (parsed.reason !== 'not_utf8' && parsed.reason !== 'not_json');
  return isJson
    ? parsed
    : unreadable(
        'schema_registry_payload',
        '',
        `The record has the frame of a schema registry (magic byte 0, schema id ${frame.schemaId}), but its content is not JSON. Produce the JSON envelope with the serializer for JSON Schema, or without one.`,
      );
}

/**
 * The frame that the serializers of a schema registry write: a zero byte, which never begins JSON, and four bytes with the
 * schema's id (https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format).
 */
function schemaRegistryFrame(bytes: Uint8Array): { schemaId: number; length: number } | undefined {
  const length = 5;
  if (bytes[0] !== 0 || bytes.length < length) return undefined;
  return { schemaId: new DataView(bytes.buffer, bytes.byteOffset, length).getUint32(1), length };
}

function parseJsonEnvelope(bytes: Uint8Array): ParsedEnvelope {
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
    json = parseJson(text);
  } catch {
    return unreadable('not_json', '', `The body is not JSON: ${jsonProblem(text) ?? 'it cannot be parsed'}.`);
  }
  return readEnvelope(json, text);
}

/** A number of 16 digits or more, or a part of a string that looks like one. */
const mayHoldLongInteger = /[[:,\s]-?\d{16}/;

/** Like `JSON.parse`, but integers that a number cannot represent exactly become text. Throws if the text is not JSON. */
function parseJson(text: string): unknown {
  if (!mayHoldLongInteger.test(text)) return JSON.parse(text);
  try {
    return (JSON.parse as ParseWithSource)(text, exactInteger);
  } catch {
    // A reviver is called recursively, and fails for deeply nested JSON.
    return JSON.parse(text);
  }
}

/** The third argument is ES2026, which TypeScript's library does not have yet. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function exactInteger(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value);
  return isExact || source === undefined || !/^-?\d+$/.test(source) ? value : source;
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
  const id = idText(fields['id']) ?? idText(fields['event_id']);
  if (id === undefined) {
    return unreadable(
      'no_event_id',
      '/event/id',
      'The event has no "id" (a non-empty string), which is required for deduplication.',
    );
  }
  if (id.length > maxEventIdLength) {
    return unreadable(
      'event_id_too_long',
      '/event/id',
      `The event id has ${id.length} characters; the maximum is ${maxEventIdLength}.`,
    );
  }
  if (!id.isWellFormed()) {
    return unreadable(
      'event_id_malformed',
      '/event/id',
      'The event id contains half of a surrogate pair, so two different ids would look the same in UTF-8.',
    );
  }
  const type = typeof fields['type'] === 'string' ? fields['type'].toWellFormed() : '';
  return { kind: 'envelope', envelope: { event: { id, type, fields }, text } };
}

function unreadable(reason: EnvelopeErrorReason, pointer: string, detail: string): ParsedEnvelope {
  return { kind: 'unreadable', reason, pointer, detail };
}

/** An id as text, including one that was sent as an integer; undefined if the value is neither, or empty. */
export function idText(value: Json | undefined): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
