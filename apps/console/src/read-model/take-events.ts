import { type ConsumedRecord, headerNames } from '@app/kafka';
import { observe } from '@app/identity';
import {
  customerIdsOf,
  environmentOf,
  eventTimeMs,
  numberField,
  parseEnvelope,
  preferredId,
  type RevenueCatEvent,
  sidesOf,
  textField,
  timeField,
} from '@app/revenuecat';
import { type Database } from './database';
import { type EventRows, knownBy } from './event-rows';

/** An id list longer than this is no customer's: finding it by the first ids is enough. */
const maxMentions = 50;

export interface EventTaking {
  db: Database;
  rows: EventRows;
  defaultProjectId: string;
}

/** A record of `revenuecat.events`. Undefined where it holds no event: then the mapper makes it a dead letter. */
export function takeEvent(record: ConsumedRecord, { db, rows, defaultProjectId }: EventTaking) {
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  if (parsed.kind === 'unreadable') return undefined;
  const { event } = parsed.envelope;
  const project = record.headers[headerNames.projectId] ?? defaultProjectId;
  const taken = rows.take({
    knownBy: knownBy.event,
    project,
    eventId: event.id,
    type: event.type,
    environment: environmentOf(event),
    atMs:
      timeField({ at: Number(record.headers[headerNames.receivedAtMs]) }, 'at') ??
      Math.round(record.timestampMs),
    eventTimeMs: eventTimeMs(event) ?? null,
    appUserId: nameOfCustomer(event) ?? null,
    productId: textField(event.fields, 'product_id') ?? null,
    price: numberField(event.fields, 'price') ?? null,
    partition: record.partition,
    offset: record.offset,
  });
  const kept = db.get<{ value: Uint8Array }>('SELECT value FROM bodies WHERE seq = ?', taken.seq);
  if (kept !== undefined && record.value?.equals(kept.value) !== true) {
    db.run('UPDATE events SET content_differs = 1 WHERE seq = ?', taken.seq);
  }
  if (taken.isBest) {
    db.run(
      'INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?)',
      ...[taken.seq, record.key, JSON.stringify(record.headers), record.value],
    );
  }
  for (const id of idsOf(event))
    db.run('INSERT OR IGNORE INTO mentions VALUES (?, ?, ?)', id, project, taken.seq);
  return taken;
}

/** By whom the event can be found. */
export function idsOf(event: RevenueCatEvent): string[] {
  return [...new Set(observe(event).flatMap(({ ids }) => ids))].slice(0, maxMentions);
}

function nameOfCustomer(event: RevenueCatEvent): string | undefined {
  const { appUserId, originalAppUserId, aliases } = customerIdsOf(event);
  return (
    appUserId ??
    originalAppUserId ??
    preferredId([
      ...(sidesOf(event)?.find(({ side }) => side === 'to')?.ids ?? []),
      ...aliases,
      ...idsOf(event),
    ])
  );
}
