import {
  decodeDelivery,
  type DeliveryHead,
  newProgress,
  type Outcome,
  type PendingEvent,
  type Reason,
} from '@app/delivery';
import { type ConsumedBatch, type ConsumedRecord, headerNames } from '@app/kafka';

/** How a delivery ended. */
export interface DeliveryResult {
  outcome: Outcome;
  reason?: Reason;
  /** HTTP status of the last response. */
  status?: number;
}

/** A delivery that this process holds, with its record. */
export interface PendingDelivery extends PendingEvent {
  readonly head: DeliveryHead;
  /** JSON text that is sent to Statsig. */
  readonly body: Buffer;
  readonly record: ConsumedRecord;
  /** Undefined while it is held, and if it was left. */
  result?: DeliveryResult | undefined;
  /** Allows the offset to be committed, because the delivery is complete. */
  ack: () => void;
  /** Leaves the delivery in Kafka, to be read again later. */
  leave: () => void;
}

/** Throws an error with the reason if the record is not a delivery of this project. */
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
    isSandbox: head.environment === 'SANDBOX',
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
