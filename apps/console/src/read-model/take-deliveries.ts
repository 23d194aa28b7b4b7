import { decodeDelivery } from '@app/delivery';
import { type ConsumedRecord } from '@app/kafka';
import { type Database } from './database';
import { type EventRows, knownBy } from './event-rows';

/** A record of a deliveries topic: what Statsig gets. Undefined if it is not a delivery. */
export function takeDelivery(
  record: ConsumedRecord,
  { db, rows }: { db: Database; rows: EventRows },
): { seq: number } | undefined {
  const delivery = decode(record);
  if (delivery === undefined) return undefined;
  const { head, body } = delivery;
  const { seq } = rows.take({
    knownBy: knownBy.delivery,
    project: head.projectId,
    eventId: head.sourceEventId,
    type: head.type,
    environment: head.environment,
    atMs: head.receivedAtMs,
    eventTimeMs: head.eventTimeMs,
    appUserId: head.customer.appUserId ?? head.customer.originalAppUserId ?? null,
    productId: null,
    price: null,
    partition: record.partition,
    offset: record.offset,
  });
  db.run(
    `INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       format = excluded.format, at_ms = excluded.at_ms, partition = excluded.partition, offset = excluded.offset,
       body = excluded.body
     WHERE (excluded.at_ms, excluded.partition, excluded.offset) > (at_ms, partition, offset)`,
    ...[
      seq,
      head.eventId,
      head.format,
      Math.round(record.timestampMs),
      record.partition,
      record.offset,
      body,
    ],
  );
  return { seq };
}

function decode(record: ConsumedRecord): ReturnType<typeof decodeDelivery> | undefined {
  if (record.value === null) return undefined;
  try {
    const delivery = decodeDelivery(record.value);
    return typeof delivery.head.sourceEventId === 'string' ? delivery : undefined;
  } catch {
    // The dispatcher makes it a dead letter, and so it is seen.
    return undefined;
  }
}
