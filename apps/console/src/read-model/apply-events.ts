import { type ConsumedRecord, headerNames } from '@app/kafka';
import {
  customerIdsOf,
  eventTimeMs,
  numberField,
  parseEnvelope,
  preferredId,
  type RevenueCatEvent,
  sidesOf,
  statedEnvironmentOf,
  textField,
  timeField,
} from '@app/revenuecat';
import { idInKey, idsOf, maxMentions } from './customer-ids';
import { type Database } from './database';
import { truncateProject, type EventRows, rowSource } from './event-rows';
import { type ForgottenCustomers } from './forgotten-customers';

export interface EventPorts {
  db: Database;
  rows: EventRows;
  forgotten: ForgottenCustomers;
  defaultProjectId: string;
}

/**
 * Applies a record of `revenuecat.events`. Returns undefined if it is not a valid event, which the mapper dead-letters, or
 * if its customer was forgotten afterwards.
 */
export function applyEvent(record: ConsumedRecord, { db, rows, forgotten, defaultProjectId }: EventPorts) {
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  if (parsed.kind === 'unreadable') return undefined;
  const { event } = parsed.envelope;
  const project = truncateProject(record.headers[headerNames.projectId] ?? defaultProjectId);
  const atMs =
    timeField({ at: Number(record.headers[headerNames.receivedAtMs]) }, 'at') ?? record.timestampMs;
  const ids = idsOf(event);
  const keyId = idInKey(project, record.key);
  // For an event without customer ids, ingest uses the event id as the key.
  if (ids.length === 0 && keyId !== undefined && keyId !== event.id) ids.push(keyId);
  if (forgotten.covers(project, () => ids, atMs)) return undefined;
  const stored = rows.upsert({
    source: rowSource.event,
    project,
    eventId: event.id,
    type: event.type,
    // If it states none, the mapper uses that of the customer, which is not in the record.
    environment: statedEnvironmentOf(event) ?? 'UNKNOWN',
    atMs,
    eventTimeMs: eventTimeMs(event) ?? null,
    appUserId: nameOfCustomer(event) ?? null,
    productId: textField(event.fields, 'product_id') ?? null,
    price: numberField(event.fields, 'price') ?? null,
    partition: record.partition,
    offset: record.offset,
  });
  const storedBody = db.get<{ value: Uint8Array }>('SELECT value FROM bodies WHERE seq = ?', stored.seq);
  if (storedBody !== undefined && record.value?.equals(storedBody.value) !== true) {
    db.run('UPDATE events SET content_differs = 1 WHERE seq = ?', stored.seq);
  }
  if (stored.isBest) {
    db.run(
      'INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?)',
      ...[stored.seq, record.key, JSON.stringify(record.headers), record.value],
    );
  }
  for (const id of ids.slice(0, maxMentions))
    db.run('INSERT OR IGNORE INTO mentions VALUES (?, ?, ?)', id, project, stored.seq);
  if (ids.length > maxMentions) db.run('UPDATE events SET has_more_ids = 1 WHERE seq = ?', stored.seq);
  return stored;
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
