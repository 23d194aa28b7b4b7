import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import { type BatchHandler, type ConsumedBatch } from './batch';
import { OffsetTracker } from './offset-tracker';
import { memorySizeOf, type ConsumedRecord } from './records';

export interface PartitionWorkerOptions {
  topic: string;
  partition: number;
  /** Offset to start at. */
  position: number;
  handler: BatchHandler;
  /** Calls the handler again before earlier calls have resolved: the handler keeps the order that it needs. */
  concurrentBatches: boolean;
  maxBatchRecords: number;
  /** Called whenever a record is acked or left. */
  onProgress: () => void;
  onFatal: (error: unknown) => void;
  logger: Logger;
}

const retryBackoff = new ExponentialBackoff({ initialDelay: 200, maxDelay: 10_000 });

/** Handles the records of one partition while it is assigned, and tracks which offset may be committed. */
export class PartitionWorker {
  readonly offsets: OffsetTracker;
  private readonly abort = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  private queue: ConsumedRecord[] = [];
  private isWorking = false;
  private work: Promise<void> = Promise.resolve();
  private bytes = 0;
  private doneCount = 0;

  constructor(private readonly options: PartitionWorkerOptions) {
    this.offsets = new OffsetTracker(options.position);
  }

  get partition(): number {
    return this.options.partition;
  }

  /** Estimated memory of the records that are not acked or left yet. */
  get unackedBytes(): number {
    return this.bytes;
  }

  /** Number of records that were acked or left so far. */
  get done(): number {
    return this.doneCount;
  }

  /** The next offset to read. */
  get position(): number {
    return this.offsets.next;
  }

  /** @param lastOffset last offset of the fetched batch, which may end with control records */
  offer(records: readonly ConsumedRecord[], lastOffset: number): void {
    if (this.abort.signal.aborted) return;
    for (const record of records) {
      if (!this.offsets.begin(record.offset)) continue;
      this.bytes += memorySizeOf(record);
      this.queue.push(record);
    }
    this.offsets.skipTo(lastOffset);
    if (!this.isWorking) this.work = this.handleQueue();
  }

  /** Rewinds to the first left record; records that are handled or in progress are skipped. False if nothing was left. */
  rereadLeft(): boolean {
    if (this.offsets.leftSize === 0) return false;
    for (const record of this.queue.splice(0)) this.leave(record);
    this.offsets.rewind();
    return true;
  }

  /** Resolves when no records are queued and no handler calls are in progress. */
  async idle(): Promise<void> {
    await this.work;
    await Promise.all(this.inFlight);
  }

  /** Starts no more handler calls. Resolves when those in progress have ended. */
  stop(): Promise<void> {
    this.abort.abort();
    return this.idle();
  }

  private async handleQueue(): Promise<void> {
    this.isWorking = true;
    while (this.queue.length > 0 && !this.abort.signal.aborted) {
      const records = this.queue.splice(0, this.options.maxBatchRecords);
      if (this.options.concurrentBatches) this.begin(records);
      else await this.handleUntilDone(records);
    }
    // Set in the same turn as the last check of the queue, so that `offer` starts another run.
    this.isWorking = false;
  }

  private begin(records: readonly ConsumedRecord[]): void {
    const handled = this.options.handler(this.batchOf(records)).catch(this.options.onFatal);
    this.inFlight.add(handled);
    void handled.finally(() => this.inFlight.delete(handled));
  }

  private async handleUntilDone(records: readonly ConsumedRecord[]): Promise<void> {
    const { topic, partition, logger } = this.options;
    let backoff: IBackoff<unknown> = retryBackoff.next();
    while (!this.abort.signal.aborted) {
      try {
        // An earlier attempt may have acked or left some of them.
        const unhandled = records.filter(({ offset }) => this.offsets.isInProgress(offset));
        if (unhandled.length > 0) await this.options.handler(this.batchOf(unhandled));
        return;
      } catch (error) {
        logger.warn(
          { err: error, topic, partition, offset: records[0]?.offset, retryInMs: backoff.duration },
          'failed to handle a batch; retrying',
        );
        await delay(backoff.duration, undefined, { signal: this.abort.signal }).catch(() => undefined);
        backoff = backoff.next(undefined);
      }
    }
  }

  private batchOf(records: readonly ConsumedRecord[]): ConsumedBatch {
    const { topic, partition } = this.options;
    return {
      topic,
      partition,
      records,
      signal: this.abort.signal,
      ack: (record) => {
        if (this.offsets.finish(record.offset)) this.forget(record);
      },
      leave: (record) => {
        this.leave(record);
      },
    };
  }

  private leave(record: ConsumedRecord): void {
    if (this.offsets.leave(record.offset)) this.forget(record);
  }

  private forget(record: ConsumedRecord): void {
    this.bytes -= memorySizeOf(record);
    this.doneCount += 1;
    this.options.onProgress();
  }
}
