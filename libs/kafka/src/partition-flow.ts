import { type OffsetTracker } from './offset-tracker';
import { type PartitionWorker } from './partition-worker';

/** How an assigned partition is read: by its worker, from its position on. */
export interface PartitionFlow {
  worker: PartitionWorker;
  /** The state last requested from kafkajs. */
  isPaused: boolean;
  /** Last observed fetch position, and since when it has not changed. */
  position: number;
  sinceMs: number;
  /** Start offset of the last batch that did not continue at the position. */
  unexpectedOffset: number | undefined;
  /** Count of handled records at the last stall check, if the partition was paused by the memory limit then. */
  doneWhenFull: number | undefined;
}

/** A partition with more left records, or more runs of them, is paused until they are read again. */
const maxLeft = { records: 100_000, runs: 30_000 };

export function waitsForLeft({ leftSize, leftRuns, isRereading }: OffsetTracker): boolean {
  return !isRereading && (leftSize > maxLeft.records || leftRuns > maxLeft.runs);
}

/**
 * Returns a partition that has records, but whose position has not moved for longer than `maxMs`. To be called
 * periodically: a position that has moved since the last call is not stuck.
 *
 * @param ends by partition, the offset after its last record
 */
export function stuckPartition(
  flows: ReadonlyMap<number, PartitionFlow>,
  ends: ReadonlyMap<number, { high: number }>,
  nowMs: number,
  maxMs: number,
): number | undefined {
  let stuck: number | undefined;
  for (const [partition, flow] of flows) {
    const { position } = flow.worker;
    const isReadToEnd = position >= (ends.get(partition)?.high ?? 0);
    if (position !== flow.position || flow.isPaused || isReadToEnd) {
      flow.position = position;
      flow.sinceMs = nowMs;
    } else if (nowMs - flow.sinceMs > maxMs) {
      stuck = partition;
    }
  }
  return stuck;
}
