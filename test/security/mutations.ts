import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';

/** The value of an attribute of every event, which must not appear in a message, receipt or error. */
export const marker = 'personal-value-of-a-customer';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const folder = path.join(__dirname, '../../libs/testing/fixtures/webhooks');
const fixtures = readdirSync(folder).map((file) => {
  const envelope = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
    event: Record<string, Json>;
  };
  const attribute = { value: marker, updated_at_ms: 1_767_312_000_000 };
  envelope.event['subscriber_attributes'] = { $email: attribute, $ip: attribute, plan: attribute };
  return envelope;
});

/** Texts that `JSON.stringify` does not produce. Each replaces its placeholder. */
const rawTexts = [
  '1e999', '-0', '12345678901234567890', '0.1e-400', 'NaN', '01', '1.', 'undefined', "'x'", '"\\x"', '"\\ud800"', '"\\u0000"',
  '{"a":1,"a":2}', '{"__proto__":{"value":"x"}}', '"\t"', '', '[1,]', '/*c*/1', '['.repeat(20_000) + ']'.repeat(20_000),
]; // prettier-ignore
const placeholder = (n: number): string => `raw text ${String(n)} of many`;

const oddValues: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    null, true, '', ' ', 0, -1, 1.5, 1e308, 4e15, 9_007_199_254_740_991, 78_789_789_798_798, [], {}, [[]], [null, 7, {}],
    '\ud800', '\ud801', '\udc00', 'maya\udfff', '\u0000', '\u202e', '\ufeff', '\r\n', 'null', 'NaN', '__proto__', 'constructor', '../../x', 'a/b',
    '$RCAnonymousID:', 'default:anna', '%00', "'; DROP TABLE events;--", '<script>', '2026-01-01T00:00:00Z', 'transfer', 'TRANSFER',
    'PURCHASE_REDEEMED', 'PAYWALL_IMPRESSION', 'x'.repeat(300), 'x'.repeat(5_000), '\u{1f600}'.repeat(200),
    Array.from({ length: 600 }, (_, n) => `id-${String(n)}`), { value: null, updated_at_ms: 'now' }, { value: { value: 'x' } },
  ),
  fc.nat({ max: rawTexts.length - 1 }).map(placeholder),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  fc.string({ unit: 'binary', maxLength: 40 }),
); // prettier-ignore

const oddNames = fc.oneof(
  fc.constantFrom(
    'id', 'event_id', 'type', 'event', 'aliases', 'app_user_id', 'original_app_user_id', 'transferred_from', 'transferred_to',
    'redeemed_by', 'redeemed_from', 'redemption_outcome', 'subscriber_attributes', 'environment', 'price', 'event_timestamp_ms',
    '__proto__', 'constructor', 'toString', '', '\ud800', 'a.b', '$x', 'paywall_id', 'product_id',
    // Names from deliveries, receipts and audit records.
    'eventId', 'sourceEventId', 'projectId', 'format', 'customer', 'eventTimeMs', 'receivedAtMs', 'body', 'outcome', 'reason',
    'detail', 'attempt', 'status', 'atMs', 'nextAttemptAtMs', 'sinceReceivedMs', 'who', 'from', 'action', 'target', 'failure',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
); // prettier-ignore

interface Change {
  kind: 'replace' | 'remove' | 'add' | 'wrap';
  /** Selects a place in the event. */
  at: number;
  /** Prefers places with this name. */
  name: string;
  value: Json;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'add', 'remove', 'wrap'),
  at: fc.nat(),
  name: oddNames,
  value: oddValues,
});

type Container = Json[] | { [name: string]: Json };

function placesIn(value: Json, places: [Container, string | number][] = []): [Container, string | number][] {
  if (typeof value !== 'object' || value === null) return places;
  for (const [name, member] of Object.entries(value)) {
    places.push([value, name]);
    placesIn(member, places);
  }
  return places;
}

function set(container: Container, name: string | number, value: Json): void {
  Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true });
}

function apply(envelope: Json, { kind, at, name, value: given }: Change): void {
  // A copy, because later changes may modify it.
  const value = structuredClone(given);
  const all = placesIn(envelope);
  const named = all.filter(([, key]) => key === name);
  const places = named.length > 0 ? named : all;
  const [container, key] = places[at % places.length] ?? [];
  if (container === undefined || key === undefined) return;
  if (kind === 'replace') set(container, key, value);
  else if (kind === 'remove') Reflect.deleteProperty(container, key);
  else if (kind === 'wrap') set(container, key, [(container as Record<string | number, Json>)[key] ?? null]);
  else set(container, Array.isArray(container) ? container.length : name, value);
}

interface ByteChange {
  at: number;
  removed: number;
  inserted: Uint8Array;
}

const byteChange: fc.Arbitrary<ByteChange> = fc.record({
  at: fc.nat(),
  removed: fc.nat({ max: 12 }),
  inserted: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.constantFrom('"', '\\', '}', ',"id":"other"', '{"event":', '\ufeff').map((text) => Buffer.from(text)),
  ),
});

function changeBytes(bytes: Buffer, { at, removed, inserted }: ByteChange): Buffer {
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + removed)]);
}

/** A RevenueCat event with a few changed members, and sometimes a few changed bytes. */
export const mutatedEvent: fc.Arbitrary<Buffer> = fc
  .record({
    fixture: fc.constantFrom(...fixtures),
    id: fc.oneof({ weight: 4, arbitrary: fc.uuid() }, { weight: 1, arbitrary: fc.constantFrom('e1', 'e2') }),
    changes: fc.array(change, { maxLength: 4 }),
    byteChanges: fc.oneof(
      { weight: 3, arbitrary: fc.constant<ByteChange[]>([]) },
      fc.array(byteChange, { maxLength: 2 }),
    ),
  })
  .map(({ fixture, id, changes, byteChanges }) => {
    const envelope = structuredClone(fixture);
    envelope.event['id'] = id;
    for (const one of changes) apply(envelope, one);
    const text = JSON.stringify(envelope).replaceAll(
      /"raw text (\d+) of many"/g,
      (_, n: string) => rawTexts[Number(n)] ?? '',
    );
    return byteChanges.reduce(changeBytes, Buffer.from(text));
  });

/** A mutation of a few bytes or members of any record. */
export const mutationOf: fc.Arbitrary<(value: Buffer) => Buffer> = fc
  .record({
    changes: fc.array(change, { maxLength: 3 }),
    byteChanges: fc.array(byteChange, { maxLength: 1 }),
  })
  .map(({ changes, byteChanges }) => (value) => {
    const json = parsed(value);
    if (json === undefined) return byteChanges.reduce(changeBytes, value);
    for (const one of changes) apply(json, one);
    return byteChanges.reduce(changeBytes, Buffer.from(JSON.stringify(json)));
  });

/** Also undefined for JSON that is nested too deeply to traverse. */
function parsed(value: Buffer): Json | undefined {
  if (value.includes('[[[[[[[[')) return undefined;
  try {
    return JSON.parse(value.toString()) as Json;
  } catch {
    return undefined;
  }
}

/** Headers of a record, as any producer may set them. */
export const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.dictionary(
    fc.constantFrom(
      'project-id', 'received-at-ms', 'replay-id', 'traceparent', 'redrive-of', 'event-id', 'dead-letter-reason',
      'dead-letter-at-ms', 'dead-letter-truncated', '__proto__',
    ),
    fc.oneof(
      fc.constantFrom('', 'shop', '../x', '-1', '1e300', 'true', 'statsig.dead-letter/0/1', 'a/1/99999999999999999999', '\u0000'),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    ),
    { maxKeys: 3 },
  ),
); // prettier-ignore
