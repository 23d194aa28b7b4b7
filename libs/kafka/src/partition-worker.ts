import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import { type BatchHandler, type ConsumedBatch } from './batch';
import { CommittableOffsets } from './committable-offsets';
import { bytesInHand, type ConsumedRecord } from './records';

export interface PartitionWorkerOptions {
  topic: string;
  partition: number;
  assignment: number;
  handler: BatchHandler;
  /** Hand over the next batch while earlier ones are unfinished: the handler keeps the order it needs. */
  overlapping: boolean;
  maxBatchRecords: number;
  /** The work of whoever had this partition before in this process. */
  startAfter: Promise<void>;
  onSettled: () => void;
  onFatal: (error: unknown) => void;
  logger: Logger;
}

const retryBackoff = new ExponentialBackoff({ initialDelay: 200, maxDelay: 10_000 });

/** Works through one partition for as long as it is assigned, and knows what may be committed. */
export class PartitionWorker {
  private readonly offsets = new CommittableOffsets();
  private readonly abort = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  private queue: ConsumedRecord[] = [];
  private loop: Promise<void> | undefined;
  private unsettledBytes = 0;

  constructor(private readonly options: PartitionWorkerOptions) {}

  get committable(): number | undefined {
    return this.offsets.committable;
  }

  get unsettled(): { records: number; bytes: number } {
    return { records: this.offsets.unfinished, bytes: this.unsettledBytes };
  }

  offer(records: readonly ConsumedRecord[]): void {
    if (this.abort.signal.aborted) return;
    for (const record of records) {
      // kafkajs may hand a record over twice while a partition's leader changes.
      if (!this.offsets.begin(record.offset)) continue;
      this.unsettledBytes += bytesInHand(record);
      this.queue.push(record);
    }
    this.loop ??= this.work().finally(() => {
      this.loop = undefined;
    });
  }

  /** Begins nothing new; resolves when what was begun has come to its end. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.loop;
    await Promise.all(this.inFlight);
  }

  private async work(): Promise<void> {
    await this.options.startAfter;
    while (this.queue.length > 0 && !this.abort.signal.aborted) {
      const records = this.queue.splice(0, this.options.maxBatchRecords);
      if (this.options.overlapping) this.begin(records);
      else await this.handleUntilDone(records);
    }
  }

  private begin(records: readonly ConsumedRecord[]): void {
    const handled = this.options.handler(this.batchOf(records)).catch(this.options.onFatal);
    this.inFlight.add(handled);
    void handled.finally(() => this.inFlight.delete(handled));
  }

  private async handleUntilDone(records: readonly ConsumedRecord[]): Promise<void> {
    const { topic, partition, logger } = this.options;
    const batch = this.batchOf(records);
    let backoff: IBackoff<unknown> = retryBackoff.next();
    while (!this.abort.signal.aborted) {
      try {
        await this.options.handler(batch);
        return;
      } catch (error) {
        logger.warn(
          { err: error, topic, partition, offset: records[0]?.offset, retryInMs: backoff.duration },
          'a batch could not be handled; it is tried again, nothing is skipped',
        );
        await delay(backoff.duration, undefined, { signal: this.abort.signal }).catch(() => undefined);
        backoff = backoff.next(undefined);
      }
    }
  }

  private batchOf(records: readonly ConsumedRecord[]): ConsumedBatch {
    const { topic, partition, assignment } = this.options;
    return {
      topic,
      partition,
      assignment,
      records,
      signal: this.abort.signal,
      settle: (record) => {
        if (!this.offsets.finish(record.offset)) return;
        this.unsettledBytes -= bytesInHand(record);
        this.options.onSettled();
      },
    };
  }
}
