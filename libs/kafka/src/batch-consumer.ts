import { type Logger } from '@app/platform';
import { type Consumer, type ConsumerGroupJoinEvent, type EachBatchPayload, type Kafka } from 'kafkajs';
import { Gauge } from 'prom-client';
import { type BatchHandler } from './batch';
import { coPartitioningAssigner } from './co-partitioning-assigner';
import { PartitionWorker } from './partition-worker';
import { FetchedRecord } from './records';
import { whileTopicsSettle } from './while-topics-settle';

export interface BatchConsumerOptions {
  kafka: Kafka;
  groupId: string;
  handlers: ReadonlyMap<string, BatchHandler>;
  /** Partition n of all topics to one member of the group, or partitions to members in turn. */
  coPartitioned?: boolean;
  /** See {@link PartitionWorker}. */
  overlapping: boolean;
  maxBatchRecords: number;
  /** A partition with this much unsettled is paused; it is resumed at half of it. */
  maxUnsettledRecords: number;
  maxUnsettledBytes: number;
  commitIntervalMs: number;
  /** Where to go on in a partition, for a handler that keeps its own positions; undefined: where the group is. */
  positionOf?: (topic: string, partition: number) => number | undefined;
  onFatal: (error: unknown) => void;
  logger: Logger;
}

const lag = new Gauge({
  name: 'kafka_consumer_lag_records',
  help: 'Records behind the end of the partition, when it was last fetched',
  labelNames: ['topic', 'partition'],
});

/**
 * Consumes whole batches and commits what is settled.
 *
 * kafkajs's own loop is never made to wait for the work: batches are handed to a worker per partition, and a
 * partition that has enough is paused. So heartbeats go on, and slow work neither blocks another partition nor
 * costs the membership (tulios/kafkajs#447, #1764).
 */
export class BatchConsumer {
  private readonly consumer: Consumer;
  private readonly paused = new Set<string>();
  private readonly committed = new Map<string, number>();
  private readonly handlers: Map<string, BatchHandler>;
  private workers = new Map<string, PartitionWorker>();
  private commitTimer: NodeJS.Timeout | undefined;
  private closing = false;
  private assignment = 0;
  /** Whether this process has its share of the partitions. */
  joined = false;

  constructor(private readonly options: BatchConsumerOptions) {
    this.handlers = new Map(options.handlers);
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      ...(options.coPartitioned === true && { partitionAssigners: [coPartitioningAssigner] }),
      // A partition that had no leader when the group was joined is not fetched before this is over.
      metadataMaxAge: 15_000,
      // When a member dies and another joins, all wait until the dead one is missed (bench/results/rebalance.md).
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 2_000,
      // A partition that is resumed is not fetched before the fetch that is under way, or a pause of all, is over.
      maxWaitTimeInMs: 100,
      // kafkajs copies each answer into a new buffer: larger ones cost more per record.
      maxBytes: 4 * 1024 * 1024,
      maxBytesPerPartition: 1024 * 1024,
      retry: {
        initialRetryTime: 200,
        maxRetryTime: 5_000,
        retries: 10,
        restartOnFailure: () => Promise.resolve(true),
      },
      allowAutoTopicCreation: false,
    });
  }

  /** Records in hand that are not settled. */
  get unsettledRecords(): number {
    return [...this.workers.values()].reduce((sum, { unsettled }) => sum + unsettled.records, 0);
  }

  async start(): Promise<void> {
    const { consumer } = this;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.assign(payload);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      void this.release();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.joined = false;
      void this.release();
      // A consumer that does not restart would leave the app running and deaf (nestjs/nest#11910).
      if (!payload.restart) this.options.onFatal(payload.error);
    });
    await consumer.connect();
    await this.run();
    this.commitTimer = setInterval(() => void this.commit(), this.options.commitIntervalMs);
  }

  /** Consumes further topics too. The group is left and joined anew, after what was begun has been finished. */
  async follow(topics: readonly string[], handler: BatchHandler): Promise<void> {
    for (const topic of topics) this.handlers.set(topic, handler);
    await this.release();
    try {
      await this.consumer.stop();
      await this.run();
    } catch (error) {
      // Neither the old topics nor the new ones are consumed now.
      this.options.onFatal(error);
    }
  }

  /** Finishes what was begun, commits it and leaves the group. */
  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.commitTimer);
    await this.release();
    await this.consumer.disconnect();
  }

  private async run(): Promise<void> {
    const topics = [...this.handlers.keys()];
    await whileTopicsSettle.execute(() => this.consumer.subscribe({ topics, fromBeginning: true }));
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => {
        this.take(payload);
        return Promise.resolve();
      },
    });
  }

  private take(payload: EachBatchPayload): void {
    const { batch } = payload;
    const { topic, partition, highWatermark } = batch;
    const name = nameOf(topic, partition);
    const worker = this.workers.get(name);
    if (worker === undefined) return;
    const records = batch.messages.map((message) => new FetchedRecord(topic, partition, message));
    worker.offer(records);
    // Moves the fetch position only: with autoCommit off, what is committed is ours to say.
    payload.resolveOffset(batch.lastOffset());
    lag.set(
      { topic, partition },
      Number(highWatermark) - Number(batch.lastOffset()) - 1 + worker.unsettled.records,
    );
    this.pauseWhenFull(topic, partition, worker);
  }

  private assign({ memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    if (this.closing) return;
    const before = this.workers;
    // Whatever was begun under the former assignment comes to its end before the same partition is worked on again.
    const stopped = new Map([...before].map(([name, worker]) => [name, worker.stop()]));
    this.workers = new Map();
    this.assignment += 1;
    this.committed.clear();
    lag.reset();
    for (const [topic, partitions] of Object.entries(memberAssignment)) {
      const handler = this.handlers.get(topic);
      if (handler === undefined) continue;
      for (const partition of partitions) {
        const name = nameOf(topic, partition);
        const worker: PartitionWorker = new PartitionWorker({
          ...this.options,
          topic,
          partition,
          assignment: this.assignment,
          handler,
          startAfter: stopped.get(name) ?? Promise.resolve(),
          onSettled: () => {
            this.resumeWhenDrained(topic, partition, worker);
          },
        });
        this.workers.set(name, worker);
        const position = this.options.positionOf?.(topic, partition);
        if (position !== undefined) this.consumer.seek({ topic, partition, offset: String(position) });
      }
      this.consumer.resume([{ topic, partitions }]);
    }
    this.paused.clear();
    this.joined = true;
    this.options.logger.info({ assignment: memberAssignment }, 'joined the consumer group');
  }

  /** The partitions are going: finish what was begun, and commit it while the group still takes it from us. */
  private async release(): Promise<void> {
    this.joined = false;
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
    await this.commit();
  }

  private async commit(): Promise<void> {
    const offsets = [...this.workers].flatMap(([name, { committable }]) => {
      if (committable === undefined || committable === this.committed.get(name)) return [];
      const [topic = '', partition] = name.split('|');
      return [{ name, topic, partition: Number(partition), offset: committable }];
    });
    if (offsets.length === 0) return;
    try {
      await this.consumer.commitOffsets(
        offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
      );
      for (const { name, offset } of offsets) this.committed.set(name, offset);
    } catch (error) {
      // What is not committed is read again, and found in the ledger.
      this.options.logger.debug({ err: error }, 'offsets were not committed');
    }
  }

  private pauseWhenFull(topic: string, partition: number, { unsettled }: PartitionWorker): void {
    const { maxUnsettledRecords, maxUnsettledBytes } = this.options;
    if (unsettled.records < maxUnsettledRecords && unsettled.bytes < maxUnsettledBytes) return;
    this.paused.add(nameOf(topic, partition));
    this.consumer.pause([{ topic, partitions: [partition] }]);
  }

  private resumeWhenDrained(topic: string, partition: number, worker: PartitionWorker): void {
    if (this.paused.size === 0) return;
    const name = nameOf(topic, partition);
    if (!this.paused.has(name) || this.workers.get(name) !== worker || this.closing) return;
    const { maxUnsettledRecords, maxUnsettledBytes } = this.options;
    if (worker.unsettled.records > maxUnsettledRecords / 2 || worker.unsettled.bytes > maxUnsettledBytes / 2)
      return;
    this.paused.delete(name);
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }
}

function nameOf(topic: string, partition: number): string {
  return `${topic}|${partition}`;
}
