import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type EachBatchPayload } from 'kafkajs';
import { type BatchHandler } from './batch';
import { type KafkaClient } from './connect';
import { ConsumerSession, type FetchPause, stuckAfterMs } from './consumer-session';
import { FlowRegulator } from './flow-regulator';
import { rootCause } from './kafka-errors';
import * as metrics from './kafka.metrics';
import { OffsetCommitter } from './offset-committer';
import { withoutPlaceholders } from './oversized-batch';
import { type PartitionFlow, stuckPartition, waitsForLeft } from './partition-flow';
import { type PartitionPosition, PartitionPositions } from './partition-positions';
import { PartitionWorker } from './partition-worker';
import { permissionDenied } from './permission-denied';
import { FetchedRecord } from './records';
import { tracedHandler, type TracedHandlerOptions } from './traced-handler';

export interface BatchConsumerOptions extends TracedHandlerOptions {
  kafka: KafkaClient;
  topic: string;
  handler: BatchHandler;
  /** See {@link PartitionWorker}. */
  concurrentBatches: boolean;
  maxBatchRecords: number;
  /** Limit of the memory that this consumer's records use, in bytes. All partitions share it. Called for every batch. */
  maxUnackedBytes: () => number;
  commitIntervalMs: number;
  /** @default 5 to 10 ms */
  fetchPause?: FetchPause;
  /** Start offset of a partition, for a handler that stores its own positions. Undefined: the committed offset. */
  positionOf?: (topic: string, partition: number) => number | undefined;
  /**
   * Called while a partition is paused because the memory limit is reached and its records make no progress. The handler
   * may leave records that it will not handle soon.
   */
  onStall?: () => void;
  /** Called from the tenth failure in a row on. If absent, failures are retried indefinitely. */
  onFatal?: (error: unknown) => void;
  logger: Logger;
}

/** Maximum size of one broker's response. It bounds how far a partition can exceed its share of the memory limit. */
const maxFetchBytes = 512 * 1024;
/** An event that arrives alone is not delayed: its records are handled in less time. */
const defaultFetchPause: FetchPause = { minMs: 5, maxMs: 10 };
const watchdogIntervalMs = 15_000;
const stallCheckIntervalMs = 1_000;
/**
 * While every broker responds to fetches, unread records may belong to an open transaction
 * (`transaction.max.timeout.ms`).
 */
const openTransactionMs = 900_000;
const maxFailures = 10;
const restartBackoff = { firstMs: 200, maxMs: 10_000 };
/** The failure of a session that has lasted longer starts a new count of failures. */
const stableAfterMs = 60_000;

/**
 * Consumes one topic in whole batches and commits acked records.
 *
 * kafkajs's own loop never waits for the handler: each partition has a worker, and is paused while it has enough records,
 * so that heartbeats continue (tulios/kafkajs#447, #1764). This class tracks positions itself: it sets the start offset of
 * every partition, and drops and rereads a batch that does not continue at the position. Otherwise a fetch in flight during
 * a rejoin would move the new position past unhandled records.
 */
export class BatchConsumer {
  private session: ConsumerSession | undefined;
  private readonly flows = new Map<number, PartitionFlow>();
  /** Workers whose partition was revoked, until their handler calls have ended. */
  private readonly revoked = new Set<PartitionWorker>();
  /** Workers that must not commit, until their handler calls have ended. */
  private readonly replaced = new Set<PartitionWorker>();
  private readonly positions: PartitionPositions;
  private readonly regulator: FlowRegulator;
  private readonly committer: OffsetCommitter;
  private joins = 0;
  private lifecycle: Promise<void> = Promise.resolve();
  private commitTimer: NodeJS.Timeout | undefined;
  private watchdogTimer: NodeJS.Timeout | undefined;
  private stallTimer: NodeJS.Timeout | undefined;
  private failures = 0;
  private openedAtMs = 0;
  private readonly closing = new AbortController();
  private isJoined = false;
  /** Why Kafka denied the last session its work. */
  private denial: string | undefined;

  constructor(private readonly options: BatchConsumerOptions) {
    const { kafka, topic, groupId, maxUnackedBytes, logger } = options;
    this.positions = new PartitionPositions(kafka, groupId, topic);
    this.regulator = new FlowRegulator({
      flows: this.flows,
      maxUnackedBytes,
      pause: (partition) => {
        this.session?.pause(partition);
      },
      resume: (partition) => {
        this.session?.resume(partition);
      },
    });
    this.committer = new OffsetCommitter({
      kafka,
      topic,
      groupId,
      positions: this.positions,
      session: () => this.session,
      assigned: () => [...this.flows.values()].map(({ worker }) => worker),
      revoked: this.revoked,
      onOffsetsMissing: (session) => {
        this.forgetPositions();
        this.restart(
          session,
          new Error(`the offsets of ${groupId} are missing: ${topic} was deleted, or they were reset`),
        );
      },
      logger,
    });
  }

  /** Whether this process is a member of the group and reads its partitions. */
  get joined(): boolean {
    return this.isJoined;
  }

  /** For the readiness check. */
  get problem(): string | undefined {
    const { topic, groupId } = this.options;
    if (this.isJoined) return undefined;
    return this.denial ?? `not a member of the consumer group ${groupId} of ${topic} yet`;
  }

  /** Estimated memory of all records that are not acked or left yet. */
  get unackedBytes(): number {
    return this.regulator.unackedBytes;
  }

  /** Whether left records are being read again. */
  get isRereading(): boolean {
    for (const { worker } of this.flows.values()) if (worker.offsets.isRereading) return true;
    return false;
  }

  /** Whether a partition is paused until its left records are read again. */
  get waitsForLeft(): boolean {
    for (const { worker } of this.flows.values()) if (waitsForLeft(worker.offsets)) return true;
    return false;
  }

  /** Resolves when the first attempt to join has ended; failures are retried. */
  start(): Promise<void> {
    const { commitIntervalMs } = this.options;
    this.commitTimer = setInterval(() => void this.committer.commit(), commitIntervalMs);
    this.watchdogTimer = setInterval(() => void this.watch(), watchdogIntervalMs);
    this.stallTimer = setInterval(() => {
      if (this.regulator.hasStalled()) this.options.onStall?.();
    }, stallCheckIntervalMs);
    return this.serialized(() => this.open());
  }

  /** Waits for handler calls to end, commits, and leaves the group. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return this.lifecycle;
    this.pause();
    this.closing.abort();
    this.isJoined = false;
    clearInterval(this.commitTimer);
    clearInterval(this.watchdogTimer);
    clearInterval(this.stallTimer);
    const workers = [
      ...[...this.flows.values()].map(({ worker }) => worker),
      ...this.revoked,
      ...this.replaced,
    ];
    await Promise.all(workers.map((worker) => worker.stop()));
    return this.serialized(async () => {
      await this.committer.commit();
      await this.session?.close();
      await this.positions.close();
    });
  }

  /** Stops reading until {@link resume}. The handler keeps the records that it has. */
  pause(): void {
    this.regulator.pause();
  }

  resume(): void {
    this.regulator.resume();
  }

  /** Reads left records again, and all records behind them that are neither handled nor in progress. */
  rereadLeft(): void {
    for (const flow of this.flows.values()) {
      if (!flow.worker.rereadLeft()) continue;
      this.session?.seek(flow.worker.partition, flow.worker.position);
      this.regulator.regulate(flow);
    }
  }

  /** Runs one at a time: kafkajs leaves a second runner behind if it is stopped while it joins. */
  private serialized(work: () => Promise<void>): Promise<void> {
    this.lifecycle = this.lifecycle.then(work).catch((error: unknown) => {
      this.options.logger.error({ err: error }, 'failed to open or close a consumer');
    });
    return this.lifecycle;
  }

  private async open(): Promise<void> {
    if (this.closing.signal.aborted) return;
    const { kafka, topic, groupId, logger } = this.options;
    const session: ConsumerSession = new ConsumerSession({
      kafka,
      topic,
      groupId,
      maxFetchBytes,
      fetchPause: this.options.fetchPause ?? defaultFetchPause,
      onJoin: (partitions) => {
        this.assign(session, partitions);
      },
      onRebalancing: () => {
        void this.committer.commit();
      },
      onBatch: (payload) => this.receive(session, payload)?.worker.idle(),
      onSkipped: (partition, firstOffset, lastOffset) => {
        this.skip(session, partition, firstOffset, lastOffset);
      },
      onFailure: (error) => {
        this.restart(session, error);
      },
      logger,
    });
    this.session = session;
    this.openedAtMs = performance.now();
    try {
      await session.open();
    } catch (error) {
      this.restart(session, error);
    }
  }

  /** Replaces the session after a backoff. */
  private restart(session: ConsumerSession, error: unknown): void {
    if (session !== this.session || this.closing.signal.aborted) return;
    const { topic, groupId, logger, onFatal } = this.options;
    const denied = this.permissionDenied(error);
    this.denial = denied?.message;
    this.session = undefined;
    this.isJoined = false;
    if (performance.now() - this.openedAtMs > stableAfterMs) this.failures = 0;
    this.failures += 1;
    metrics.consumerRestarts.inc({ topic });
    logger.warn(
      { err: denied ?? error, topic, groupId, failures: this.failures },
      'consumer failed; replacing it',
    );
    if (rootCause(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') this.forgetPositions();
    if (this.failures >= maxFailures) onFatal?.(denied ?? error);
    const backoffMs = Math.min(restartBackoff.maxMs, restartBackoff.firstMs * 2 ** this.failures);
    void this.serialized(async () => {
      await session.close();
      await delay(backoffMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
      await this.open();
    });
  }

  private permissionDenied(error: unknown) {
    const { kafka, topic, groupId } = this.options;
    return permissionDenied(error, { operation: 'Read', topic, group: groupId }, kafka.user);
  }

  /** Called if the topic was deleted: offsets of the old log mean nothing in a new topic of the same name. */
  private forgetPositions(): void {
    for (const { worker } of this.flows.values()) this.replace(worker);
    this.flows.clear();
    for (const worker of this.revoked) this.replace(worker);
    this.revoked.clear();
  }

  /** Called within the join, so that nothing is fetched before every partition has its start offset. */
  private assign(session: ConsumerSession, partitions: readonly number[]): void {
    if (session !== this.session) return;
    this.joins += 1;
    for (const partition of partitions) session.pause(partition);
    for (const [partition, { worker }] of this.flows) {
      if (!partitions.includes(partition)) this.revoke(worker);
    }
    void this.locate(session, partitions, this.joins);
  }

  private replace(worker: PartitionWorker): void {
    this.replaced.add(worker);
    void worker.stop().then(() => this.replaced.delete(worker));
  }

  private revoke(worker: PartitionWorker): void {
    this.flows.delete(worker.partition);
    this.revoked.add(worker);
    void worker.stop().then(async () => {
      await this.committer.commit();
      this.revoked.delete(worker);
    });
  }

  /** Partitions that this process keeps continue at its own position, all others at the committed offset. */
  private async locate(session: ConsumerSession, partitions: readonly number[], join: number): Promise<void> {
    const isCurrent = (): boolean =>
      session === this.session && join === this.joins && !this.closing.signal.aborted;
    let found: Map<number, PartitionPosition>;
    try {
      found = await this.positions.read();
      const unknown = partitions.find((partition) => !found.has(partition));
      // The broker that responded may not know a partition that has just been added. It would stay paused.
      if (unknown !== undefined) throw new Error(`the offsets of partition ${unknown} are unknown`);
    } catch (error) {
      if (isCurrent()) this.restart(session, error);
      return;
    }
    if (!isCurrent()) return;
    for (const partition of partitions) {
      const position = found.get(partition);
      if (position === undefined) continue;
      const existing = this.flows.get(partition);
      const flow =
        existing !== undefined && this.isValid(existing, position)
          ? existing
          : this.begin(partition, this.startOf(partition, position));
      session.seek(partition, flow.worker.position);
      // kafkajs keeps its pauses over a rejoin and loses them with the session, so they are set again.
      flow.isPaused = true;
      flow.sinceMs = performance.now();
      this.regulator.regulate(flow);
    }
    this.isJoined = true;
    const { topic, groupId, logger } = this.options;
    logger.info({ topic, groupId, partitions }, 'joined the consumer group');
  }

  /** False if the topic was replaced by another of the same name, or the group's offsets were reset. */
  private isValid({ worker }: PartitionFlow, { low, committed }: PartitionPosition): boolean {
    const isReset = committed === undefined && this.committer.hasCommitted(worker);
    return !isReset && worker.position >= low;
  }

  private startOf(partition: number, { low, committed }: PartitionPosition): number {
    const { topic, logger } = this.options;
    const wanted = this.options.positionOf?.(topic, partition) ?? committed ?? low;
    if (wanted < low) {
      metrics.unreadRecordsDeleted.inc({ topic }, low - wanted);
      logger.error({ topic, partition, position: wanted, low }, 'unread records deleted by retention');
    }
    return Math.max(wanted, low);
  }

  private begin(partition: number, position: number): PartitionFlow {
    const existing = this.flows.get(partition);
    if (existing !== undefined) this.replace(existing.worker);
    const { options } = this;
    const flow: PartitionFlow = {
      worker: new PartitionWorker({
        ...options,
        handler: tracedHandler(options.handler, options),
        partition,
        position,
        onProgress: () => {
          this.regulator.regulateSoon();
        },
        onFatal: (error) => {
          options.logger.error({ err: error, topic: options.topic, partition }, 'failed to handle a batch');
          // The worker's unhandled records are read again from the committed offset.
          if (this.flows.get(partition) === flow) {
            this.flows.delete(partition);
            this.replace(flow.worker);
          }
          if (this.session !== undefined) this.restart(this.session, error);
        },
      }),
      isPaused: true,
      position,
      sinceMs: performance.now(),
      unexpectedOffset: undefined,
      doneWhenFull: undefined,
    };
    this.flows.set(partition, flow);
    return flow;
  }

  /** Returns the flow that the batch was passed to, if any. */
  private receive(session: ConsumerSession, payload: EachBatchPayload): PartitionFlow | undefined {
    const { batch } = payload;
    const flow = this.flows.get(batch.partition);
    // The batch was fetched before the last seek or pause.
    if (session !== this.session || flow === undefined || flow.isPaused || payload.isStale())
      return undefined;
    const { fetchedOffset } = batch as typeof batch & { fetchedOffset: string };
    const current = this.continues(session, flow, Number(fetchedOffset));
    if (current === undefined) return undefined;
    const { topic, concurrentBatches, logger } = this.options;
    const { partition } = batch;
    const lastOffset = Number(batch.lastOffset());
    metrics.consumedRecords.inc({ topic }, batch.messages.length);
    const messages = withoutPlaceholders(batch.messages, (first, last) => {
      metrics.oversizedBatches.inc({ topic });
      logger.error(
        { topic, partition, firstOffset: first, lastOffset: last },
        'oversized compressed batch skipped',
      );
    });
    current.worker.offer(
      messages.map((message) => new FetchedRecord(topic, partition, message, concurrentBatches)),
      lastOffset,
    );
    // Moves only the fetch position: autoCommit is off.
    payload.resolveOffset(String(lastOffset));
    this.advance(current);
    return current;
  }

  private skip(session: ConsumerSession, partition: number, firstOffset: number, lastOffset: number): void {
    const flow = this.flows.get(partition);
    if (session !== this.session || flow === undefined) return;
    const current = flow.isPaused ? undefined : this.continues(session, flow, firstOffset);
    if (current === undefined) {
      // kafkajs has already moved its position past these offsets.
      session.seek(partition, flow.worker.position);
      return;
    }
    current.worker.offer([], lastOffset);
    this.advance(current);
  }

  private advance(flow: PartitionFlow): void {
    this.failures = 0;
    flow.unexpectedOffset = undefined;
    this.regulator.regulate(flow);
    if (flow.isPaused) this.regulator.regulateSoon();
  }

  /**
   * Returns the flow that continues at this offset. A batch that begins elsewhere belongs to an earlier assignment or
   * position, and is read again. If it comes back, the offsets between no longer exist.
   */
  private continues(
    session: ConsumerSession,
    flow: PartitionFlow,
    offset: number,
  ): PartitionFlow | undefined {
    const { worker } = flow;
    if (offset === worker.position) return flow;
    if (flow.unexpectedOffset !== offset) {
      flow.unexpectedOffset = offset;
      session.seek(worker.partition, worker.position);
      return undefined;
    }
    const { topic, logger } = this.options;
    logger.error(
      { topic, partition: worker.partition, position: worker.position, offset },
      'unread records deleted; the partition does not continue at its position',
    );
    if (offset > worker.position) {
      metrics.unreadRecordsDeleted.inc({ topic }, offset - worker.position);
      worker.offsets.skipTo(offset - 1);
      return flow;
    }
    const next = this.begin(worker.partition, offset);
    next.isPaused = false;
    return next;
  }

  /** Replaces the session if a partition has records but its position does not move. */
  private async watch(): Promise<void> {
    const { session } = this;
    const { topic } = this.options;
    if (session === undefined || !this.isJoined) return;
    const found = await this.positions.read().catch(() => undefined);
    if (found === undefined || session !== this.session) return;
    const nowMs = performance.now();
    const maxMs = session.isFetching(nowMs) ? openTransactionMs : stuckAfterMs;
    const stuck = stuckPartition(this.flows, found, nowMs, maxMs);
    if (stuck !== undefined)
      this.restart(session, new Error(`${topic}/${stuck} has records but is no longer read`));
  }
}
