import { type ConsumedRecord } from './records';

/** Records of one partition, in order. */
export interface ConsumedBatch {
  topic: string;
  partition: number;
  /** Grows with each assignment of partitions to this process. */
  assignment: number;
  records: readonly ConsumedRecord[];
  /** Aborted when the partition is taken away or the process drains: begin nothing new, leave the rest unsettled. */
  signal: AbortSignal;
  /** This record is dealt with for good. An offset is committed once every record up to it is settled. */
  settle: (record: ConsumedRecord) => void;
}

/** Resolves when every record is settled, or left because the signal was aborted. */
export type BatchHandler = (batch: ConsumedBatch) => Promise<void>;
