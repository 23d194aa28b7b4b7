import {
  decodeDelivery,
  type DeliveryFormat,
  type DeliveryHead,
  newProgress,
  type Parcel,
} from '@app/delivery';
import { type ConsumedRecord } from '@app/kafka';
import { type PartitionInHand } from './partition-in-hand';

/** A delivery in this process's hands, with the record it came in. */
export interface OutgoingEvent extends Parcel {
  readonly head: DeliveryHead;
  readonly format: DeliveryFormat;
  /** JSON text of what Statsig gets. */
  readonly body: Buffer;
  readonly record: ConsumedRecord;
  /** Came back from its project's parking topic. */
  readonly isParked: boolean;
  /** What else of its partition is in hand; undefined before it is itself. */
  partition: PartitionInHand<OutgoingEvent> | undefined;
  /** Dealt with for good: its offset may be committed. */
  settle: () => void;
  /** Settled, or left to another process. */
  done: () => void;
}

/** Throws where the record is no delivery, saying why. */
export function openRecord(record: ConsumedRecord, isParked: boolean, settle: () => void): OutgoingEvent {
  if (record.value === null) throw new Error('the record has no value');
  const { head, body } = decodeDelivery(record.value);
  return {
    projectId: head.projectId,
    eventId: head.eventId,
    customerKey: record.key?.toString() ?? `${head.projectId}:${head.eventId}`,
    format: head.format,
    bytes: body.length,
    progress: newProgress(),
    head,
    body,
    record,
    isParked,
    partition: undefined,
    settle,
    done: () => undefined,
  };
}
