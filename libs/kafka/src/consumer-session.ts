import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type Consumer, type EachBatchPayload } from 'kafkajs';
import { type KafkaClient } from './connect';
import { rootCause } from './kafka-errors';

/**
 * Pause after a fetch that has returned all records, in ms: until its records are handled, but at least `minMs` and at most
 * `maxMs`. Meanwhile more records arrive, so that under load each fetch returns several, which cost less together.
 */
export interface FetchPause {
  minMs: number;
  maxMs: number;
}

export interface ConsumerSessionOptions {
  kafka: KafkaClient;
  topic: string;
  groupId: string;
  maxFetchBytes: number;
  fetchPause: FetchPause;
  /** Called within the join, before anything is fetched under the new assignment. */
  onJoin: (partitions: readonly number[]) => void;
  onRebalancing: () => void;
  /** Returns a promise that resolves when the batch is handled. It must not reject. */
  onBatch: (payload: EachBatchPayload) => Promise<unknown> | undefined;
  /** Called for offsets without a record for the application: control records, and records of aborted transactions. */
  onSkipped: (partition: number, firstOffset: number, lastOffset: number) => void;
  /** Called once, when the session has failed and must be replaced. */
  onFailure: (error: unknown) => void;
  logger: Logger;
}

/** Maximum duration of a fetch while its broker responds. */
const silentAfterMs = 20_000;
const disconnectTimeoutMs = 15_000;
/** Batches of one fetch that kafkajs passes on at once. Further ones wait for the pause of these. More cost more per fetch. */
const maxBatches = 128;
/** kafkajs can need most of this time to recover after a broker has stopped responding. */
export const stuckAfterMs = 45_000;

/**
 * Wraps one kafkajs consumer object. It is never restarted or repaired: after any failure, a new session replaces it.
 */
export class ConsumerSession {
  private readonly consumer: Consumer;
  private readonly closing = new AbortController();
  private hasEnded = false;
  private isMember = false;
  /** Number of commits that Kafka has acknowledged. */
  private commits = 0;
  /** When a commit first failed because the coordinator did not know this member. Undefined since the last join or commit. */
  private unknownSinceMs: number | undefined;
  /** Partitions of which the last fetch has not returned all records. */
  private readonly backlog = new Set<number>();
  /** By broker, when its last fetch ended, or its first one began. */
  private readonly fetchedAtMs = new Map<string, number>();

  constructor(private readonly options: ConsumerSessionOptions) {
    const { maxFetchBytes } = options;
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      // Maximum delay until new partitions, and leaders that were missing, are found.
      metadataMaxAge: 15_000,
      // If a member dies while another joins, all members wait for this timeout (bench/results/rebalance.md).
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 2_000,
      // A resumed partition is fetched only after a fetch in flight, or a pause of all partitions, has ended.
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

  /** Resolves when the session has joined the group. If it rejects, the session has ended. */
  async open(): Promise<void> {
    const { consumer } = this;
    const { topic, onSkipped } = this.options;
    consumer.on(consumer.events.COMMIT_OFFSETS, () => {
      this.commits += 1;
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.isMember = true;
      this.unknownSinceMs = undefined;
      this.backlog.clear();
      if (!this.hasEnded) this.options.onJoin(payload.memberAssignment[topic] ?? []);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      if (!this.hasEnded) this.options.onRebalancing();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.fail(payload.error);
    });
    // kafkajs does not pass on a batch without records for the application, but emits this event for it.
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
      partitionsConsumedConcurrently: maxBatches,
      // Synchronous, so that no batch in kafkajs's queue is handled after a later assignment or pause.
      eachBatch: (payload) => {
        const handled = this.hasEnded ? undefined : this.options.onBatch(payload);
        return this.pauseAfter(payload, handled);
      },
    });
  }

  /** kafkajs makes its next fetch when this has resolved for each batch of the last one. */
  private async pauseAfter(
    { batch }: EachBatchPayload,
    handled: Promise<unknown> | undefined,
  ): Promise<void> {
    const hasMore = BigInt(batch.highWatermark) > BigInt(batch.lastOffset()) + 1n;
    if (hasMore) this.backlog.add(batch.partition);
    else this.backlog.delete(batch.partition);
    // A partition without a backlog must not delay one with a backlog, which shares its fetches.
    if (this.backlog.size > 0) return;
    const { minMs, maxMs } = this.options.fetchPause;
    const { signal } = this.closing;
    const wait = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);
    await Promise.all([wait(minMs), Promise.race([handled, wait(maxMs)])]);
  }

  /** Whether fetches are made, and every broker has responded recently. */
  isFetching(nowMs: number): boolean {
    const times = [...this.fetchedAtMs.values()];
    return times.length > 0 && times.every((atMs) => nowMs - atMs < silentAfterMs);
  }

  /** Takes effect for every fetch response that arrives later. */
  pause(partition: number): void {
    this.request(() => {
      this.consumer.pause([{ topic: this.options.topic, partitions: [partition] }]);
    });
  }

  resume(partition: number): void {
    this.request(() => {
      this.consumer.resume([{ topic: this.options.topic, partitions: [partition] }]);
    });
  }

  seek(partition: number, offset: number): void {
    this.request(() => {
      this.consumer.seek({ topic: this.options.topic, partition, offset: String(offset) });
    });
  }

  /** Whether the session has joined the group, and so can commit offsets. */
  get hasJoined(): boolean {
    return this.isMember;
  }

  /**
   * Rejects unless Kafka has acknowledged the offsets. Only one call may be in progress at a time. The session fails if
   * further commits cannot succeed.
   */
  async commit(offsets: readonly { partition: number; offset: number }[]): Promise<void> {
    const { topic } = this.options;
    const { commits } = this;
    try {
      await this.consumer.commitOffsets(
        offsets.map(({ partition, offset }) => ({ topic, partition, offset: String(offset) })),
      );
    } catch (error) {
      if (this.hasLostMembership(error)) this.fail(error);
      throw error;
    }
    // kafkajs also resolves if it has not joined yet or has stopped, without committing anything.
    if (this.commits === commits) throw new Error('kafkajs committed nothing: it is not running');
    this.unknownSinceMs = undefined;
  }

  /** Leaves the group. Never rejects, and does not wait longer than a timeout for a broker that does not respond. */
  async close(): Promise<void> {
    this.hasEnded = true;
    this.closing.abort();
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

  private hasLostMembership(commitError: unknown): boolean {
    const { type } = rootCause(commitError);
    // kafkajs keeps committing to the coordinator of its last join, even if its heartbeats have found the new one.
    if (type === 'NOT_COORDINATOR_FOR_GROUP') return true;
    if (type !== 'UNKNOWN_MEMBER_ID') return false;
    // kafkajs joins again within seconds, unless its join hangs, as after the process was frozen.
    const nowMs = performance.now();
    this.unknownSinceMs ??= nowMs;
    return nowMs - this.unknownSinceMs > stuckAfterMs;
  }

  private fail(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.options.onFailure(error);
  }

  /** kafkajs throws if its group membership has ended and it has not reported that yet: the session has failed. */
  private request(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error);
    }
  }
}
