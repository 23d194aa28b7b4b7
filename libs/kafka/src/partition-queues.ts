import { partitionOf } from './partition-of';
import { type ProducedRecord } from './records';

/** A record that waits to be written, and the call that sent it. */
export interface QueuedRecord {
  readonly record: ProducedRecord;
  /** Size of the record in a request: see `sizeOf`. */
  readonly bytes: number;
  readonly call: { readonly isOver: boolean };
}

/** A FIFO queue of records, which are written one request at a time. */
export class RecordQueue<R extends QueuedRecord> {
  private records: R[] = [];

  /** @param partition undefined for the queue shared by all partitions that are not isolated */
  constructor(readonly partition?: number) {}

  get isEmpty(): boolean {
    return this.records.length === 0;
  }

  add(record: R): void {
    this.records.push(record);
  }

  /** Returns records to the head of the queue. */
  requeue(records: readonly R[]): void {
    this.records = [...records, ...this.records];
  }

  /** Removes the first records that fit into one request, at least one if any is left. Drops records whose call is over. */
  take(maxRecords: number, maxBytes: number): R[] {
    const taken: R[] = [];
    let [removed, bytes] = [0, 0];
    for (const queued of this.records) {
      if (!queued.call.isOver) {
        bytes += queued.bytes;
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
 * The records that wait to be written to one topic. A partition that cannot be written is isolated: it has its own queue, so
 * that no other partition waits for it. All others share a queue. A key is in one queue at a time, so its order is kept.
 *
 * Records without a key have no partition of their own. They stay in the shared queue.
 */
export class PartitionQueues<R extends QueuedRecord> {
  readonly shared = new RecordQueue<R>();
  private readonly isolated = new Map<number, RecordQueue<R>>();
  /** Fixed while any partition is isolated, because keys would change their queue otherwise. */
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
   * Moves all waiting records of these records' partitions to a queue for each partition, and returns these queues; none if no
   * record has a partition of its own.
   *
   * @param records taken from the shared queue
   * @param partitionCount current partition count of the topic
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

  /** Ends the isolation of a partition if its queue is empty. */
  rejoin({ partition, isEmpty }: RecordQueue<R>): void {
    if (partition !== undefined && isEmpty) this.isolated.delete(partition);
  }

  private partitionOf({ partition, key }: ProducedRecord): number | undefined {
    if (partition !== undefined) return partition;
    return key === null || this.partitionCount === 0 ? undefined : partitionOf(key, this.partitionCount);
  }
}
