import { decodeDelivery } from '@app/delivery';
import { memorySizeOf, type ConsumedRecord, headerNames as h } from '@app/kafka';
import { parseEnvelope } from '@app/revenuecat';
import { type DeadLetterSource } from '../../api/dead-letters';
import { clampMs, truncateName } from './limits';
import { idInKey, idsIn } from './customer-ids';
import { type Database } from './database';
import { truncateProject } from './event-rows';
import { type ForgottenCustomers } from './forgotten-customers';

interface DeadLetterPorts {
  db: Database;
  forgotten: ForgottenCustomers;
  defaultProjectId: string;
}

/** Applies a record of a dead-letter topic. Ignores records of customers who were forgotten afterwards. */
export function applyDeadLetter(
  record: ConsumedRecord,
  source: DeadLetterSource,
  { db, forgotten, defaultProjectId }: DeadLetterPorts,
): void {
  const { topic, partition, offset, headers, value } = record;
  const project = truncateProject(headers[h.projectId] ?? defaultProjectId);
  const atMs = clampMs(wholeNumber(headers[h.deadLetterAtMs]) ?? record.timestampMs);
  if (isOfForgottenCustomer({ project, source, atMs, key: record.key, headers, value }, forgotten)) return;
  const redriven = db.get<{ at_ms: number }>(
    'SELECT at_ms FROM redrives WHERE topic = ? AND partition = ? AND offset = ?',
    ...[topic, partition, offset],
  );
  db.run(
    `INSERT OR IGNORE INTO dead_letters (topic, partition, offset, is_open, source, stage, reason, detail, attempts,
       at_ms, project, event_id, is_redrivable, redriven_at_ms, bytes, key, headers, value)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[topic, partition, offset, redriven === undefined ? 1 : 0, source],
    ...[truncateName(headers[h.deadLetterStage] ?? 'unknown', 100)],
    ...[truncateName(headers[h.deadLetterReason] ?? 'unknown', 100)],
    ...[truncateName(headers[h.deadLetterDetail] ?? '', 4_000)],
    ...[wholeNumber(headers[h.deadLetterAttempts]) ?? 0, atMs],
    ...[project, eventIdOf(record, source) ?? null],
    ...[isRedrivable(record, source) ? 1 : 0, redriven?.at_ms ?? null],
    ...[memorySizeOf(record), record.key, JSON.stringify(headers), value],
  );
}

/** Marks the dead letter that this record redrives. */
export function applyRedrive(record: ConsumedRecord, db: Database): void {
  const of = /^(.+)\/(\d+)\/(\d+)$/.exec(record.headers[h.redriveOf] ?? '');
  const [, topic = '', partition, offset] = of ?? [];
  if (of === null) return;
  const position = [topic, Number(partition), Number(offset)];
  if (!position.slice(1).every(Number.isSafeInteger)) return;
  const atMs = clampMs(record.timestampMs);
  db.run(
    'INSERT INTO redrives VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at_ms = min(at_ms, excluded.at_ms)',
    ...[...position, atMs],
  );
  db.run(
    `UPDATE dead_letters SET is_open = 0, redriven_at_ms = min(coalesce(redriven_at_ms, ?), ?)
     WHERE topic = ? AND partition = ? AND offset = ?`,
    ...[atMs, atMs, ...position],
  );
}

function eventIdOf(record: ConsumedRecord, source: DeadLetterSource): string | undefined {
  const named = record.headers[h.eventId];
  if (named !== undefined || source === 'deliveries') return named;
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  return parsed.kind === 'envelope' ? parsed.envelope.event.id : undefined;
}

export interface DeadLetterRecord {
  project: string;
  source: DeadLetterSource;
  /** When it was dead-lettered. */
  atMs: number;
  key: Uint8Array | null;
  headers: Readonly<Record<string, string>>;
  value: Uint8Array | null;
}

/** Returns true if its value or key has an id of a customer who was forgotten after it was received. */
export function isOfForgottenCustomer(letter: DeadLetterRecord, forgotten: ForgottenCustomers): boolean {
  const { project, source, atMs, key, headers, value } = letter;
  const delivery = value !== null && source === 'deliveries' ? deliveryIn(value) : undefined;
  const receivedAtMs = delivery?.head.receivedAtMs ?? wholeNumber(headers[h.receivedAtMs]) ?? atMs;
  const ids = (): Iterable<string> => {
    const keyId = idInKey(project, key);
    const { appUserId, originalAppUserId, aliases = [] } = delivery?.head.customer ?? {};
    return [keyId, appUserId, originalAppUserId, ...aliases, ...idsIn(delivery?.body ?? value)].filter(
      (id) => id !== undefined,
    );
  };
  return forgotten.covers(project, ids, Math.min(receivedAtMs, atMs));
}

function deliveryIn(value: Uint8Array): ReturnType<typeof decodeDelivery> | undefined {
  try {
    return decodeDelivery(value);
  } catch {
    return undefined;
  }
}

/** A record that is truncated or is not a valid event would only be dead-lettered again. */
function isRedrivable(record: ConsumedRecord, source: DeadLetterSource): boolean {
  if (record.value === null || record.headers[h.deadLetterTruncated] === 'true') return false;
  return source === 'deliveries'
    ? record.headers[h.deadLetterReason] !== 'not_a_delivery'
    : parseEnvelope(record.value).kind === 'envelope';
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && Number.isSafeInteger(Math.round(number)) ? Math.round(number) : undefined;
}
