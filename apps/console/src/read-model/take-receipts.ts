import { type Receipt } from '@app/delivery';
import { type ConsumedRecord } from '@app/kafka';
import { z } from 'zod';
import { boundedMs, boundedName } from './bounded';
import { type Database } from './database';
import { boundedProject, type EventRows, knownBy } from './event-rows';
import { type FlowRows } from './flow-rows';

/** A receipt of this version or another, which may have other reasons. */
type KnownReceipt = Omit<Receipt, 'reason'> & { reason?: string | undefined };

const text = (maxLength: number) => z.string().transform((value) => boundedName(value, maxLength));
const time = z.number().transform(boundedMs);

/** Deep enough to tell a receipt from anything else that is written to the topic. */
const receiptSchema = z.object({
  eventId: text(300),
  sourceEventId: z.string().optional(),
  projectId: z.string().transform(boundedProject),
  type: z.string().optional(),
  outcome: z.enum(['delivered', 'duplicate', 'filtered', 'retrying', 'dead_lettered']),
  reason: text(200).optional(),
  detail: text(4_000).optional(),
  attempt: z.int(),
  status: z.int().optional(),
  latencyMs: time.optional(),
  sinceReceivedMs: time.optional(),
  previousAmbiguous: z.literal(true).optional(),
  enrichment: z.literal('lookup_unavailable').optional(),
  nextAttemptAtMs: time.optional(),
  atMs: time,
}) satisfies z.ZodType<KnownReceipt>;

/** A record of `statsig.receipts`. A receipt that is repeated changes nothing. */
export function takeReceipt(
  record: ConsumedRecord,
  { db, rows, flow }: { db: Database; rows: EventRows; flow: FlowRows },
): { seq: number } | undefined {
  const receipt = read(record);
  if (receipt === undefined) return undefined;
  const { atMs } = receipt;
  const { seq } = rows.take({
    knownBy: knownBy.receipt,
    project: receipt.projectId,
    eventId: receipt.sourceEventId ?? receipt.eventId,
    type: receipt.type ?? '',
    environment: 'UNKNOWN',
    atMs: atMs - (receipt.sinceReceivedMs ?? 0),
    eventTimeMs: null,
    appUserId: null,
    productId: null,
    price: null,
    partition: record.partition,
    offset: record.offset,
  });
  const isNew = insert(db, receipt, seq, atMs) > 0;
  if (isNew) {
    flow.add(receipt.outcome, atMs);
    if (receipt.outcome === 'delivered') flow.addLatency(atMs, receipt.sinceReceivedMs ?? 0);
    standOfProject(db, receipt, atMs);
  }
  return { seq };
}

function read(record: ConsumedRecord): KnownReceipt | undefined {
  try {
    return receiptSchema.safeParse(JSON.parse(record.value?.toString() ?? '')).data;
  } catch {
    return undefined;
  }
}

function insert(db: Database, receipt: KnownReceipt, seq: number, atMs: number): number {
  return db.run(
    'INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[seq, atMs, receipt.eventId, receipt.outcome, receipt.attempt],
    ...[receipt.reason ?? null, receipt.detail ?? null, receipt.status ?? null],
    ...[receipt.latencyMs ?? null, receipt.sinceReceivedMs ?? null, receipt.nextAttemptAtMs ?? null],
    ...[receipt.previousAmbiguous === true ? 1 : 0, receipt.enrichment ?? null],
  );
}

/** When Statsig last took something of a project, and when and why it last did not. */
function standOfProject(db: Database, receipt: KnownReceipt, atMs: number): void {
  const { projectId, outcome } = receipt;
  if (outcome === 'delivered') {
    db.run(
      `INSERT INTO projects (project, delivered_at_ms) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET delivered_at_ms = excluded.delivered_at_ms WHERE excluded.delivered_at_ms > delivered_at_ms`,
      projectId,
      atMs,
    );
  } else if (outcome === 'retrying') {
    db.run(
      `INSERT INTO projects (project, problem_at_ms, problem_reason, problem_detail, problem_status, next_attempt_at_ms)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         problem_at_ms = excluded.problem_at_ms, problem_reason = excluded.problem_reason,
         problem_detail = excluded.problem_detail, problem_status = excluded.problem_status,
         next_attempt_at_ms = excluded.next_attempt_at_ms
       WHERE excluded.problem_at_ms > problem_at_ms`,
      ...[projectId, atMs, receipt.reason ?? '', receipt.detail ?? '', receipt.status ?? null],
      receipt.nextAttemptAtMs ?? null,
    );
  }
}
