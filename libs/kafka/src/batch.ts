import { type ConsumedRecord } from './records';

/** Records of one partition, in order. */
export interface ConsumedBatch {
  topic: string;
  partition: number;
  records: readonly ConsumedRecord[];
  /** Aborted when the partition is revoked or the consumer closes: begin nothing new; what is not acked is read again. */
  signal: AbortSignal;
  /** The record is handled for good. An offset is committed once every record up to it is acked. */
  ack: (record: ConsumedRecord) => void;
  /** The record cannot be handled now: it is read again after `rereadLeft`, and its offset is not committed before. */
  leave: (record: ConsumedRecord) => void;
}

/** Resolves when every record is acked or left, or the signal was aborted. */
export type BatchHandler = (batch: ConsumedBatch) => Promise<void>;
