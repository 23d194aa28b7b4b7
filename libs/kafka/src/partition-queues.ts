import { partitionOf } from './partition-of';
import { type ProducedRecord, sizeOf } from './records';

/** A record that waits to be written, and the call that it belongs to. */
export interface QueuedRecord {
  readonly record: ProducedRecord;
  readonly call: { readonly isOver: boolean };
}

/** Records to be written one request after another, in order. */
export class RecordQueue<R extends QueuedRecord> {
  private records: R[] = [];

  /** @param partition undefined: the queue of all partitions that have none of their own */
  constructor(readonly partition?: number) {}

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  add(record: R): void {
    this.records.push(record);
  }

  /** They are the first again. */
  putBack(records: readonly R[]): void {
    this.records = [...records, ...this.records];
  }

  /** Removes the first records that fit into one request: at least one, unless the calls of all of them are over. */
  take(maxRecords: number, maxBytes: number): R[] {
    const taken: R[] = [];
    let [removed, bytes] = [0, 0];
    for (const queued of this.records) {
      if (!queued.call.isOver) {
        bytes += sizeOf(queued.record);
        if (taken.length > 0 && (taken.length >= maxRecords || bytes > maxBytes)) break;
        taken.push(queued);
      }
      removed += 1;
    }
    this.records.splice(0, removed);
    return taken;
  }

  takeAll(): R[] {
    return this.records.splice(0);
  }
}

/**
 * The records that wait for one topic. All partitions share a queue, but for those that are isolated: a partition that cannot
 * be written has a queue of its own, so that no other waits for it. A key is in one queue at a time, so its order is kept.
 *
 * Records without a key belong to no partition. They stay in the shared queue.
 */
export class PartitionQueues<R extends QueuedRecord> {
  readonly shared = new RecordQueue<R>();
  private readonly isolated = new Map<number, RecordQueue<R>>();
  /** Stays the same while any partition is isolated: keys would change their queue otherwise. */
  private partitionCount = 0;

  get hasIsolated(): boolean {
    return this.isolated.size > 0;
  }

  isIsolated(partition: number): boolean {
    return this.isolated.has(partition);
  }

  /** Returns the queue that the record is in. */
  add(queued: R): RecordQueue<R> {
    const partition = this.partitionOf(queued.record);
    const queue = (partition !== undefined && this.isolated.get(partition)) || this.shared;
    queue.add(queued);
    return queue;
  }

  /**
   * Gives each partition of these records a queue of its own, with everything that waits for it. Returns those queues: none if
   * no record belongs to a partition.
   *
   * @param records taken from the shared queue
   * @param partitionCount of the topic, as it is now
   */
  isolate(records: readonly R[], partitionCount: number): RecordQueue<R>[] {
    if (!this.hasIsolated) this.partitionCount = partitionCount;
    const partitions = new Set(records.flatMap(({ record }) => this.partitionOf(record) ?? []));
    for (const partition of partitions)
      if (!this.isolated.has(partition)) this.isolated.set(partition, new RecordQueue(partition));
    const waiting = [...records, ...this.shared.takeAll()];
    for (const queued of waiting) this.add(queued);
    return [...partitions].flatMap((partition) => this.isolated.get(partition) ?? []);
  }

  /** The partition shares the queue again. Its own must be empty. */
  rejoin({ partition, isEmpty }: RecordQueue<R>): void {
    if (partition !== undefined && isEmpty) this.isolated.delete(partition);
  }

  private partitionOf({ partition, key }: ProducedRecord): number | undefined {
    if (partition !== undefined) return partition;
    return key === null || this.partitionCount === 0 ? undefined : partitionOf(key, this.partitionCount);
  }
}
