import { decodeDelivery, type DeliveryHead, newProgress, type PendingEvent } from '@app/delivery';
import { type ConsumedBatch, type ConsumedRecord, headerNames } from '@app/kafka';

/** A delivery in this process, with the record that it came in. */
export interface PendingDelivery extends PendingEvent {
  readonly head: DeliveryHead;
  /** JSON text of what Statsig gets. */
  readonly body: Buffer;
  readonly record: ConsumedRecord;
  /** The delivery is handled: its offset may be committed. */
  ack: () => void;
  /** The delivery is not handled now: it stays in Kafka. */
  leave: () => void;
}

/** Throws if the record is not a delivery of this project; the message says why. */
export function openRecord(
  record: ConsumedRecord,
  projectId: string,
  batch: Pick<ConsumedBatch, 'ack' | 'leave'>,
): PendingDelivery {
  if (record.value === null) throw new Error('the record has no value');
  const { head, body } = decodeDelivery(record.value);
  if (head.projectId !== projectId)
    throw new Error(`the delivery belongs to project "${head.projectId}", not to "${projectId}"`);
  const redriveOf = record.headers[headerNames.redriveOf];
  return {
    projectId,
    eventId: head.eventId,
    orderKey: record.key?.toString() ?? `${projectId}:${head.eventId}`,
    format: head.format,
    bytes: body.length,
    ...(redriveOf !== undefined && { redriveOf }),
    progress: newProgress(),
    head,
    body,
    record,
    ack: () => {
      batch.ack(record);
    },
    leave: () => {
      batch.leave(record);
    },
  };
}
