import { type Logger } from '@app/platform';
import { type Consumer, type EachBatchPayload } from 'kafkajs';
import { type KafkaClient } from './connect';

export interface ConsumerSessionOptions {
  kafka: KafkaClient;
  topic: string;
  groupId: string;
  maxFetchBytes: number;
  /** Called within the join, before anything is fetched under the new assignment. */
  onJoin: (partitions: readonly number[]) => void;
  onRebalancing: () => void;
  onBatch: (payload: EachBatchPayload) => void;
  /** Read, and without a record for the application: control records, and records of aborted transactions. */
  onSkipped: (partition: number, firstOffset: number, lastOffset: number) => void;
  /** The session is of no use any more. Called once. */
  onFailure: (error: unknown) => void;
  logger: Logger;
}

/** A fetch takes this long at most, unless its broker does not respond. */
const silentAfterMs = 20_000;
const disconnectTimeoutMs = 15_000;

/**
 * One kafkajs consumer object, from its creation to its end. It is never restarted or repaired: whatever fails, a new one
 * takes its place.
 */
export class ConsumerSession {
  private readonly consumer: Consumer;
  private hasEnded = false;
  private isMember = false;
  /** Commits that Kafka has acknowledged. */
  private commits = 0;
  /** By broker, when a fetch last ended, or the first one began. */
  private readonly fetchedAtMs = new Map<string, number>();

  constructor(private readonly options: ConsumerSessionOptions) {
    const { maxFetchBytes } = options;
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      // Partitions that are added, or had no leader, are found this soon.
      metadataMaxAge: 15_000,
      // When a member dies and another joins, all wait until the dead one is missed (bench/results/rebalance.md).
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 2_000,
      // A partition that is resumed is not fetched before a fetch that is under way, or a pause of all, is over.
      maxWaitTimeInMs: 100,
      // kafkajs copies each response into a new buffer: larger ones cost more per record.
      maxBytes: maxFetchBytes,
      maxBytesPerPartition: maxFetchBytes / 4,
      retry: {
        initialRetryTime: 200,
        maxRetryTime: 2_000,
        retries: 5,
        restartOnFailure: () => Promise.resolve(false),
      },
      allowAutoTopicCreation: false,
    });
  }

  /** Resolves when the group is joined. Rejects if that is not possible; then the session has ended. */
  async open(): Promise<void> {
    const { consumer } = this;
    const { topic, onSkipped } = this.options;
    consumer.on(consumer.events.COMMIT_OFFSETS, () => {
      this.commits += 1;
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.isMember = true;
      if (!this.hasEnded) this.options.onJoin(payload.memberAssignment[topic] ?? []);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      if (!this.hasEnded) this.options.onRebalancing();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.fail(payload.error);
    });
    // kafkajs hands over no batch that has nothing for the application, but says that it is processing it.
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      if (this.hasEnded || payload.batchSize > 0) return;
      const { partition, firstOffset, lastOffset } = payload;
      onSkipped(partition, Number((firstOffset as string | null) ?? lastOffset), Number(lastOffset));
    });
    consumer.on(consumer.events.FETCH_START, ({ payload }) => {
      const nodeId = String(payload.nodeId);
      if (!this.fetchedAtMs.has(nodeId)) this.fetchedAtMs.set(nodeId, performance.now());
    });
    consumer.on(consumer.events.FETCH, ({ payload }) => {
      this.fetchedAtMs.set(String(payload.nodeId), performance.now());
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      // Synchronous: nothing that kafkajs has queued is handled after an assignment or a pause that came later.
      eachBatch: (payload) => {
        if (!this.hasEnded) this.options.onBatch(payload);
        return Promise.resolve();
      },
    });
  }

  /** Whether brokers are asked for records, and every one of them has responded lately. */
  isFetching(nowMs: number): boolean {
    const times = [...this.fetchedAtMs.values()];
    return times.length > 0 && times.every((atMs) => nowMs - atMs < silentAfterMs);
  }

  /** In force at once for every fetch response that arrives later. */
  pause(partition: number): void {
    this.ask(() => {
      this.consumer.pause([{ topic: this.options.topic, partitions: [partition] }]);
    });
  }

  resume(partition: number): void {
    this.ask(() => {
      this.consumer.resume([{ topic: this.options.topic, partitions: [partition] }]);
    });
  }

  seek(partition: number, offset: number): void {
    this.ask(() => {
      this.consumer.seek({ topic: this.options.topic, partition, offset: String(offset) });
    });
  }

  /** Whether the group was joined: offsets can be committed from then on. */
  get hasJoined(): boolean {
    return this.isMember;
  }

  /** Rejects unless Kafka has acknowledged the offsets. One call at a time. */
  async commit(offsets: readonly { partition: number; offset: number }[]): Promise<void> {
    const { topic } = this.options;
    const { commits } = this;
    await this.consumer.commitOffsets(
      offsets.map(({ partition, offset }) => ({ topic, partition, offset: String(offset) })),
    );
    // kafkajs resolves without having committed before it has joined, and once it has stopped.
    if (this.commits === commits) throw new Error('kafkajs has committed nothing: it is not running');
  }

  /** Leaves the group. Resolves in any case, in good time: a broker that does not respond is not waited for. */
  async close(): Promise<void> {
    this.hasEnded = true;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.consumer.disconnect().catch((error: unknown) => {
        this.options.logger.debug({ err: error }, 'failed to disconnect a consumer');
      }),
      new Promise((resolve) => {
        timer = setTimeout(resolve, disconnectTimeoutMs);
      }),
    ]);
    clearTimeout(timer);
  }

  private fail(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.options.onFailure(error);
  }

  /** kafkajs throws between the end of a group membership and the crash that reports it: then a new session follows. */
  private ask(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error);
    }
  }
}
