import { type Receipt } from '@app/delivery';
import { type ConsumedRecord } from '@app/kafka';
import { z } from 'zod';
import { userIdentity } from '../../api/events';
import { clampMs, truncateName } from './limits';
import { idInKey } from './customer-ids';
import { type Database } from './database';
import { truncateEventId, truncateProject, type EventRows, rowSource } from './event-rows';
import { type FlowRows } from './flow-rows';
import { type ForgottenCustomers } from './forgotten-customers';

const dayMs = 86_400_000;

/** A receipt of any version. Other versions may have other reasons. */
type KnownReceipt = Omit<Receipt, 'reason'> & { reason?: string | undefined };

const text = (maxLength: number) => z.string().transform((value) => truncateName(value, maxLength));
const time = z.number().transform(clampMs);

/** Detailed enough to reject records of the topic that are not receipts. */
const receiptSchema = z.object({
  eventId: text(300),
  sourceEventId: z.string().optional(),
  projectId: z.string().transform(truncateProject),
  type: z.string().optional(),
  outcome: z.enum(['delivered', 'duplicate', 'filtered', 'retrying', 'dead_lettered']),
  reason: text(200).optional(),
  rule: text(300).optional(),
  detail: text(4_000).optional(),
  attempt: z.int(),
  status: z.int().optional(),
  latencyMs: time.optional(),
  sinceReceivedMs: time.optional(),
  previousAmbiguous: z.literal(true).optional(),
  suspended: z.literal(true).optional(),
  sandboxSecret: z.literal(true).optional(),
  enrichment: z.literal('lookup_unavailable').optional(),
  identity: userIdentity.optional().catch(undefined),
  nextAttemptAtMs: time.optional(),
  traceId: z
    .string()
    .regex(/^[\da-f]{32}$/)
    .optional()
    .catch(undefined),
  atMs: time,
}) satisfies z.ZodType<KnownReceipt>;

interface ReceiptPorts {
  db: Database;
  rows: EventRows;
  flow: FlowRows;
  forgotten: ForgottenCustomers;
}

/**
 * Applies a record of `statsig.receipts`. A repeated receipt changes nothing. A receipt of a customer who was forgotten
 * afterwards is counted but not stored.
 */
export function applyReceipt(
  record: ConsumedRecord,
  { db, rows, flow, forgotten }: ReceiptPorts,
): { seq: number } | undefined {
  const receipt = read(record);
  if (receipt === undefined) return undefined;
  const { projectId, atMs } = receipt;
  const customer = idInKey(projectId, record.key);
  const receivedAtMs = atMs - (receipt.sinceReceivedMs ?? 0);
  if (customer !== undefined && forgotten.covers(projectId, () => [customer], receivedAtMs)) {
    count(receipt, db, flow);
    return undefined;
  }
  const { seq } = rows.upsert({
    source: rowSource.receipt,
    project: projectId,
    eventId: sourceOf(receipt),
    type: receipt.type ?? '',
    environment: 'UNKNOWN',
    atMs: receivedAtMs,
    eventTimeMs: null,
    appUserId: null,
    productId: null,
    price: null,
    partition: record.partition,
    offset: record.offset,
  });
  const isFirst = receipt.outcome === 'filtered' && !isKnownAsFiltered(db, receipt, seq);
  if (insert(db, receipt, seq, customer) > 0) count(receipt, db, flow);
  if (isFirst) countFiltered(db, receipt);
  return { seq };
}

function count(receipt: KnownReceipt, db: Database, flow: FlowRows): void {
  const { outcome, atMs } = receipt;
  flow.add(outcome, atMs);
  if (outcome === 'delivered') flow.addLatency(atMs, receipt.sinceReceivedMs ?? 0);
  updateProject(db, receipt);
}

/** Returns RevenueCat's id of the event. */
function sourceOf({ sourceEventId, eventId }: KnownReceipt): string {
  return sourceEventId ?? eventId;
}

function read(record: ConsumedRecord): KnownReceipt | undefined {
  try {
    return receiptSchema.safeParse(JSON.parse(record.value?.toString() ?? '')).data;
  } catch {
    return undefined;
  }
}

function insert(db: Database, receipt: KnownReceipt, seq: number, customer: string | undefined): number {
  return db.run(
    'INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[seq, receipt.atMs, receipt.eventId, receipt.outcome, receipt.attempt],
    ...[receipt.reason ?? null, receipt.detail ?? null, receipt.status ?? null],
    ...[receipt.latencyMs ?? null, receipt.sinceReceivedMs ?? null, receipt.nextAttemptAtMs ?? null],
    ...[receipt.previousAmbiguous === true ? 1 : 0, receipt.enrichment ?? null, customer ?? null],
    ...[receipt.traceId ?? null, receipt.rule ?? null, receipt.identity ?? null],
  );
}

/** Whether the event was filtered out for the same reason before: it was mapped again, is a replay, or is the other side of a transfer. */
function isKnownAsFiltered(db: Database, { reason, rule }: KnownReceipt, seq: number): boolean {
  const known = db.get(
    `SELECT 1 FROM receipts WHERE event_seq = ? AND outcome = 'filtered' AND reason IS ? AND rule IS ? LIMIT 1`,
    ...[seq, reason ?? null, rule ?? null],
  );
  return known !== undefined;
}

function countFiltered(db: Database, { projectId, atMs, reason = '', rule = '' }: KnownReceipt): void {
  db.run(
    'INSERT INTO filtered VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET events = events + 1',
    ...[projectId, Math.floor(atMs / dayMs) * dayMs, reason, rule],
  );
}

/**
 * Stores when Statsig last accepted an event of a project, and the last event that it did not accept and that is sent again. The
 * receipt has the reason. Events with a secret of their own do not count.
 */
function updateProject(db: Database, receipt: KnownReceipt): void {
  const { projectId, outcome, atMs } = receipt;
  if (receipt.sandboxSecret === true) return;
  if (outcome === 'delivered') {
    db.run(
      `INSERT INTO projects (project, delivered_at_ms) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET delivered_at_ms = excluded.delivered_at_ms WHERE excluded.delivered_at_ms > delivered_at_ms`,
      projectId,
      atMs,
    );
  } else if (outcome === 'retrying') {
    db.run(
      `INSERT INTO projects
         (project, problem_at_ms, problem_event_id, problem_status, is_suspended, next_attempt_at_ms)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         problem_at_ms = excluded.problem_at_ms, problem_event_id = excluded.problem_event_id,
         problem_status = excluded.problem_status, is_suspended = excluded.is_suspended,
         next_attempt_at_ms = excluded.next_attempt_at_ms
       WHERE excluded.problem_at_ms > problem_at_ms`,
      ...[projectId, atMs, truncateEventId(sourceOf(receipt)), receipt.status ?? null],
      ...[receipt.suspended === true ? 1 : 0, receipt.nextAttemptAtMs ?? null],
    );
  } else if (outcome === 'dead_lettered' && receipt.status !== undefined) {
    // Statsig has responded, and the event is not sent again. A suspension ends only when Statsig accepts an event.
    db.run(
      `UPDATE projects SET problem_at_ms = 0
       WHERE project = ? AND problem_event_id = ? AND problem_at_ms <= ? AND is_suspended = 0`,
      ...[projectId, truncateEventId(sourceOf(receipt)), atMs],
    );
  }
}
