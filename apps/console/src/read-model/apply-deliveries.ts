import { decodeDelivery } from '@app/delivery';
import { type ConsumedRecord } from '@app/kafka';
import { z } from 'zod';
import { userIdentity } from '../../api/events';
import { clampMs, truncateName } from './limits';
import { idsIn } from './customer-ids';
import { type Database } from './database';
import { truncateProject, type EventRows, rowSource } from './event-rows';
import { type ForgottenCustomers } from './forgotten-customers';

/** The parts of a delivery that are stored. Those with a default here are not required for delivery. */
const headSchema = z.object({
  eventId: z.string().transform((id) => truncateName(id, 300)),
  projectId: z.string().transform(truncateProject),
  sourceEventId: z.string(),
  type: z.string(),
  format: z.enum(['revenuecat', 'log_event']),
  environment: z.enum(['PRODUCTION', 'SANDBOX', 'UNKNOWN']).catch('UNKNOWN'),
  eventTimeMs: z.number().nullable().catch(null),
  customer: z
    .object({
      appUserId: z.string().optional(),
      originalAppUserId: z.string().optional(),
      aliases: z.array(z.string()),
    })
    .catch({ aliases: [] }),
  receivedAtMs: z.number().transform(clampMs),
  identity: userIdentity.optional().catch(undefined),
});

/** Applies a record of a deliveries topic. Returns undefined if it is not a valid delivery, or if its customer was forgotten. */
export function applyDelivery(
  record: ConsumedRecord,
  { db, rows, forgotten }: { db: Database; rows: EventRows; forgotten: ForgottenCustomers },
): { seq: number } | undefined {
  const delivery = decode(record);
  if (delivery === undefined) return undefined;
  const { head, body } = delivery;
  const { appUserId, originalAppUserId, aliases } = head.customer;
  const named = [appUserId, originalAppUserId, ...aliases].filter((id) => id !== undefined);
  if (forgotten.covers(head.projectId, () => [...named, ...idsIn(body)], head.receivedAtMs)) return undefined;
  const { seq } = rows.upsert({
    source: rowSource.delivery,
    project: head.projectId,
    eventId: head.sourceEventId,
    type: head.type,
    environment: head.environment,
    atMs: head.receivedAtMs,
    eventTimeMs: head.eventTimeMs,
    appUserId: appUserId ?? originalAppUserId ?? null,
    productId: null,
    price: null,
    partition: record.partition,
    offset: record.offset,
  });
  db.run(
    `INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       format = excluded.format, at_ms = excluded.at_ms, partition = excluded.partition, offset = excluded.offset,
       body = excluded.body, identity = excluded.identity
     WHERE (excluded.at_ms, excluded.partition, excluded.offset) > (at_ms, partition, offset)`,
    ...[seq, head.eventId, head.format, clampMs(record.timestampMs)],
    ...[record.partition, record.offset, body, head.identity ?? null],
  );
  return { seq };
}

function decode({ value }: ConsumedRecord) {
  if (value === null) return undefined;
  try {
    const { head, body } = decodeDelivery(value);
    const parsed = headSchema.safeParse(head);
    return parsed.success ? { head: parsed.data, body } : undefined;
  } catch {
    // The dispatcher dead-letters it, and the dead letter is shown.
    return undefined;
  }
}
