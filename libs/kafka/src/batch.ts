import { type ConsumedRecord } from './records';

/** Records of one partition, in order. */
export interface ConsumedBatch {
  topic: string;
  partition: number;
  records: readonly ConsumedRecord[];
  /** Aborted when the partition is revoked or the consumer closes. Start no new work: unacked records are read again. */
  signal: AbortSignal;
  /** The record needs no further handling. An offset is committed once every record up to it is acked. */
  ack: (record: ConsumedRecord) => void;
  /** The record cannot be handled now. It is read again after `rereadLeft`; until then its offset is not committed. */
  leave: (record: ConsumedRecord) => void;
}

/** Resolves when every record is acked or left, or the signal was aborted. */
export type BatchHandler = (batch: ConsumedBatch) => Promise<void>;
