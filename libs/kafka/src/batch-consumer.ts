import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type EachBatchPayload } from 'kafkajs';
import { type BatchHandler } from './batch';
import { type KafkaClient } from './connect';
import { ConsumerSession } from './consumer-session';
import { rootCause } from './kafka-errors';
import * as metrics from './kafka.metrics';
import { withoutPlaceholders } from './oversized-batch';
import { type OffsetTracker } from './offset-tracker';
import { type PartitionPosition, PartitionPositions } from './partition-positions';
import { PartitionWorker } from './partition-worker';
import { FetchedRecord } from './records';

export interface BatchConsumerOptions {
  kafka: KafkaClient;
  topic: string;
  groupId: string;
  handler: BatchHandler;
  /** See {@link PartitionWorker}. */
  overlapping: boolean;
  maxBatchRecords: number;
  /** Limit of what this consumer has in hand, in bytes; its partitions share it. It is asked for at every batch. */
  maxBytesInHand: () => number;
  commitIntervalMs: number;
  /** Where to go on in a partition, for a handler that keeps its own positions; undefined: where the group is. */
  positionOf?: (topic: string, partition: number) => number | undefined;
  /**
   * Called while a partition is not read since too much is in hand, of which nothing was handled for a while. The handler
   * may leave what it will not handle soon.
   */
  onStall?: () => void;
  /** Called after so many failures in a row. Unless given, failures are retried without end. */
  onFatal?: (error: unknown) => void;
  logger: Logger;
}

/** Of one broker. What a partition has more in hand than its share is bounded by this. */
const maxFetchBytes = 512 * 1024;
/** With more records left, or in more places, a partition waits until they can be handled. */
const maxLeft = { records: 100_000, runs: 30_000 };
const watchdogIntervalMs = 15_000;
const stallCheckIntervalMs = 1_000;
/** kafkajs may need most of this to go on after a broker stopped responding. */
const stuckAfterMs = 45_000;
/** While every broker answers fetches, unread records may belong to a transaction that is open (`transaction.max.timeout.ms`). */
const openTransactionMs = 900_000;
const maxFailures = 10;
const restartBackoff = { firstMs: 200, maxMs: 10_000 };
/** A session that has lasted this long is not a failed attempt. */
const stableAfterMs = 60_000;

interface Flow {
  worker: PartitionWorker;
  /** What kafkajs was told last. */
  isPaused: boolean;
  /** Where fetching has got to, and since when. */
  position: number;
  sinceMs: number;
  /** Where a batch began that did not continue at the position, for the first time. */
  unexpectedOffset: number | undefined;
  /** What was done at the last check of what the partition waits for, if it was paused then for what is in hand. */
  doneWhenFull: number | undefined;
}

/**
 * Consumes one topic in whole batches and commits what is acked.
 *
 * kafkajs's own loop never waits for work: batches go to a worker per partition, and a partition that has enough is
 * paused, so that heartbeats continue (tulios/kafkajs#447, #1764). Nor is kafkajs relied on for positions: every partition
 * begins where this object says, each batch must continue at the position, and a batch that does not is dropped and read
 * again (a fetch that is under way during a rejoin would otherwise move the new position past records that were not handled).
 */
export class BatchConsumer {
  private session: ConsumerSession | undefined;
  private flows = new Map<number, Flow>();
  /** Workers whose partition was revoked, until what they began has ended. */
  private readonly revoked = new Set<PartitionWorker>();
  /** Workers that may not commit any more, until what they began has ended. */
  private readonly replaced = new Set<PartitionWorker>();
  private readonly committed = new WeakMap<PartitionWorker, number>();
  private readonly positions: PartitionPositions;
  private joins = 0;
  private lifecycle: Promise<void> = Promise.resolve();
  private commitTimer: NodeJS.Timeout | undefined;
  private watchdogTimer: NodeJS.Timeout | undefined;
  private stallTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> | undefined;
  private commitFailures = 0;
  private failures = 0;
  private openedAtMs = 0;
  private isIntakeOpen = true;
  private isRegulationDue = false;
  private readonly closing = new AbortController();
  private isJoined = false;

  constructor(private readonly options: BatchConsumerOptions) {
    this.positions = new PartitionPositions(options.kafka, options.groupId, options.topic);
  }

  /** Whether this process has its share of the partitions, and reads them. */
  get joined(): boolean {
    return this.isJoined;
  }

  /** For the readiness check. */
  get problem(): string | undefined {
    const { topic, groupId } = this.options;
    return this.isJoined ? undefined : `not a member of the consumer group ${groupId} of ${topic} yet`;
  }

  /** Memory of the records in hand. */
  get bytesInHand(): number {
    let bytes = 0;
    for (const { worker } of this.flows.values()) bytes += worker.bytesInHand;
    return bytes;
  }

  /** Whether anything that was left is being read again. */
  get isRereading(): boolean {
    for (const { worker } of this.flows.values()) if (worker.offsets.isRereading) return true;
    return false;
  }

  /** Whether a partition is not read before what it has left is read again. */
  get waitsForLeft(): boolean {
    for (const { worker } of this.flows.values()) if (waitsForLeft(worker.offsets)) return true;
    return false;
  }

  /** Resolves when the first attempt to join has ended; failures are retried. */
  start(): Promise<void> {
    const { commitIntervalMs } = this.options;
    this.commitTimer = setInterval(() => void this.commit(), commitIntervalMs);
    this.watchdogTimer = setInterval(() => void this.watch(), watchdogIntervalMs);
    this.stallTimer = setInterval(() => {
      this.checkForStall();
    }, stallCheckIntervalMs);
    return this.inTurn(() => this.open());
  }

  /** Completes what was begun, commits it and leaves the group. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return this.lifecycle;
    this.pauseIntake();
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
    return this.inTurn(async () => {
      await this.commit();
      this.removeMetrics();
      await this.session?.close();
      await this.positions.close();
    });
  }

  /** Reads nothing more until {@link resumeIntake}; what is in hand is the handler's. */
  pauseIntake(): void {
    this.isIntakeOpen = false;
    for (const flow of this.flows.values()) this.regulate(flow);
  }

  resumeIntake(): void {
    this.isIntakeOpen = true;
    for (const flow of this.flows.values()) this.regulate(flow);
  }

  /** What the handler has left is read again, before anything behind it. */
  rereadLeft(): void {
    for (const flow of this.flows.values()) {
      if (!flow.worker.rereadLeft()) continue;
      this.session?.seek(flow.worker.partition, flow.worker.position);
      this.regulate(flow);
    }
  }

  /** One after another: kafkajs leaves a second runner behind if it is stopped while it joins. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    this.lifecycle = this.lifecycle.then(work).catch((error: unknown) => {
      this.options.logger.error({ err: error }, 'unexpected failure of a consumer');
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
      onJoin: (partitions) => {
        this.assign(session, partitions);
      },
      onRebalancing: () => {
        void this.commit();
      },
      onBatch: (payload) => {
        this.receive(session, payload);
      },
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

  /** A new session takes the place of this one. */
  private restart(session: ConsumerSession, error: unknown): void {
    if (session !== this.session || this.closing.signal.aborted) return;
    const { topic, groupId, logger, onFatal } = this.options;
    this.session = undefined;
    this.isJoined = false;
    if (performance.now() - this.openedAtMs > stableAfterMs) this.failures = 0;
    this.failures += 1;
    metrics.consumerRestarts.inc({ topic });
    logger.warn({ err: error, topic, groupId, failures: this.failures }, 'consumer failed; replacing it');
    if (rootCause(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') this.forgetPositions();
    if (this.failures >= maxFailures) onFatal?.(error);
    const backoffMs = Math.min(restartBackoff.maxMs, restartBackoff.firstMs * 2 ** this.failures);
    void this.inTurn(async () => {
      await session.close();
      await delay(backoffMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
      await this.open();
    });
  }

  /** The topic was deleted: offsets of the old log mean nothing in a new one of the same name. */
  private forgetPositions(): void {
    for (const { worker } of this.flows.values()) this.replace(worker);
    this.flows.clear();
    for (const worker of this.revoked) this.replace(worker);
    this.revoked.clear();
  }

  /** Within the join: nothing is fetched before every partition has been told where to begin. */
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
    const { topic } = this.options;
    this.flows.delete(worker.partition);
    metrics.lag.remove({ topic, partition: worker.partition });
    this.revoked.add(worker);
    void worker.stop().then(async () => {
      await this.commit();
      this.revoked.delete(worker);
    });
  }

  /** Partitions that this process had before go on behind what it has read of them; others where the group is. */
  private async locate(session: ConsumerSession, partitions: readonly number[], join: number): Promise<void> {
    const isCurrent = (): boolean =>
      session === this.session && join === this.joins && !this.closing.signal.aborted;
    let found: Map<number, PartitionPosition>;
    try {
      found = await this.positions.read();
      const unknown = partitions.find((partition) => !found.has(partition));
      // It would stay paused: the broker that responded may not know of a partition that has just been added.
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
      // What kafkajs thinks of pauses survives a rejoin, and is lost with the session: say it anew.
      flow.isPaused = true;
      flow.sinceMs = performance.now();
      this.regulate(flow);
    }
    this.isJoined = true;
    const { topic, groupId, logger } = this.options;
    logger.info({ topic, groupId, partitions }, 'joined the consumer group');
  }

  /** False: the topic is another one of the same name, or the group's offsets were reset. */
  private isValid({ worker }: Flow, { low, committed }: PartitionPosition): boolean {
    const isReset = committed === undefined && this.committed.has(worker);
    return !isReset && worker.position >= low;
  }

  private startOf(partition: number, { low, committed }: PartitionPosition): number {
    const { topic, logger } = this.options;
    const wanted = this.options.positionOf?.(topic, partition) ?? committed ?? low;
    if (wanted < low)
      logger.error(
        { topic, partition, position: wanted, low },
        'records were removed by retention before they were read',
      );
    return Math.max(wanted, low);
  }

  private begin(partition: number, position: number): Flow {
    const existing = this.flows.get(partition);
    if (existing !== undefined) this.replace(existing.worker);
    const { options } = this;
    const flow: Flow = {
      worker: new PartitionWorker({
        ...options,
        partition,
        position,
        onProgress: () => {
          this.regulateSoon();
        },
        onFatal: (error) => {
          options.logger.error({ err: error, topic: options.topic, partition }, 'failed to handle a batch');
          // What is in hand is read again from the committed offset.
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

  private receive(session: ConsumerSession, payload: EachBatchPayload): void {
    const { batch } = payload;
    const flow = this.flows.get(batch.partition);
    // A pending seek, or a pause, came after this was fetched.
    if (session !== this.session || flow === undefined || flow.isPaused || payload.isStale()) return;
    const { fetchedOffset } = batch as typeof batch & { fetchedOffset: string };
    const current = this.continues(session, flow, Number(fetchedOffset));
    if (current === undefined) return;
    const { topic, overlapping, logger } = this.options;
    const { partition } = batch;
    const lastOffset = Number(batch.lastOffset());
    const messages = withoutPlaceholders(batch.messages, (first, last) => {
      metrics.oversizedBatches.inc({ topic });
      logger.error(
        { topic, partition, firstOffset: first, lastOffset: last },
        'skipped a compressed batch that is too large to be unpacked',
      );
    });
    current.worker.offer(
      messages.map((message) => new FetchedRecord(topic, partition, message, overlapping)),
      lastOffset,
    );
    // Moves the fetch position only: with autoCommit off, what is committed is ours to say.
    payload.resolveOffset(String(lastOffset));
    this.advance(current);
  }

  private skip(session: ConsumerSession, partition: number, firstOffset: number, lastOffset: number): void {
    const flow = this.flows.get(partition);
    if (session !== this.session || flow === undefined) return;
    const current = flow.isPaused ? undefined : this.continues(session, flow, firstOffset);
    if (current === undefined) {
      // kafkajs moves on by itself.
      session.seek(partition, flow.worker.position);
      return;
    }
    current.worker.offer([], lastOffset);
    this.advance(current);
  }

  private advance(flow: Flow): void {
    this.failures = 0;
    flow.unexpectedOffset = undefined;
    this.regulate(flow);
    if (flow.isPaused) this.regulateSoon();
  }

  /** All partitions share what may be in hand. Once for all that happens in one turn of the event loop. */
  private regulateSoon(): void {
    if (this.isRegulationDue) return;
    this.isRegulationDue = true;
    setImmediate(() => {
      this.isRegulationDue = false;
      for (const flow of this.flows.values()) this.regulate(flow);
    });
  }

  /**
   * The flow that goes on at this offset. A batch that begins elsewhere belongs to an earlier assignment or position, and is
   * read again; if the same comes back, what lies between is not there any more.
   */
  private continues(session: ConsumerSession, flow: Flow, offset: number): Flow | undefined {
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
      'the partition does not go on at the position; records were removed before they were read',
    );
    if (offset > worker.position) {
      worker.offsets.skipTo(offset - 1);
      return flow;
    }
    const next = this.begin(worker.partition, offset);
    next.isPaused = false;
    return next;
  }

  /** Pauses the partition, or resumes it, as what is in hand says. */
  private regulate(flow: Flow): void {
    const { worker } = flow;
    const { offsets } = worker;
    const mustPause = !this.isIntakeOpen || this.isFull(flow) || waitsForLeft(offsets);
    if (mustPause === flow.isPaused) return;
    flow.isPaused = mustPause;
    if (mustPause) this.session?.pause(worker.partition);
    else this.session?.resume(worker.partition);
  }

  private isFull(flow: Flow): boolean {
    return this.hasItsShare(flow) || this.bytesInHand > this.limitFor(flow);
  }

  private hasItsShare(flow: Flow): boolean {
    return flow.worker.bytesInHand > this.limitFor(flow) / Math.max(1, this.flows.size);
  }

  private limitFor({ isPaused }: Flow): number {
    const total = this.options.maxBytesInHand();
    // Half of the limit before a partition that was full is read again.
    return isPaused ? total / 2 : total;
  }

  /** A partition waits for its own records if these fill its share, and else for those of all partitions. */
  private checkForStall(): void {
    const flows = [...this.flows.values()];
    const doneByAll = flows.reduce((sum, { worker }) => sum + worker.done, 0);
    let isStalled = false;
    for (const flow of flows) {
      const isFull = flow.isPaused && this.isIntakeOpen && this.isFull(flow);
      const done = this.hasItsShare(flow) ? flow.worker.done : doneByAll;
      if (isFull && flow.doneWhenFull === done) isStalled = true;
      flow.doneWhenFull = isFull ? done : undefined;
    }
    if (isStalled) this.options.onStall?.();
  }

  /** Commits what is acked by now: a commit that is under way may be of less. */
  private async commit(): Promise<void> {
    await this.committing;
    this.committing ??= this.commitNow().finally(() => {
      this.committing = undefined;
    });
    await this.committing;
  }

  private removeMetrics(): void {
    const { topic } = this.options;
    for (const partition of this.flows.keys()) metrics.lag.remove({ topic, partition });
    metrics.oldestUnacknowledged.remove({ topic });
  }

  private async commitNow(): Promise<void> {
    const workers = [...[...this.flows.values()].map(({ worker }) => worker), ...this.revoked];
    const offsets = workers.flatMap((worker) => {
      const offset = worker.offsets.committable;
      return offset === this.committed.get(worker) ? [] : [{ worker, partition: worker.partition, offset }];
    });
    const { session } = this;
    if (offsets.length === 0 || session?.hasJoined !== true) return;
    const { topic, groupId, logger } = this.options;
    try {
      // Kafka removes a group's offsets together with the topic. Committed anew, those of the old log would skip records.
      const found = await this.positions.committed();
      if (offsets.some(({ worker, partition }) => this.committed.has(worker) && !found.has(partition))) {
        this.forgetPositions();
        this.restart(
          session,
          new Error(`the offsets of ${groupId} are gone: ${topic} was deleted, or they were reset`),
        );
        return;
      }
      // A partition that was revoked has another owner by now, who may have got further.
      const due = offsets.filter(
        ({ worker, partition, offset }) => !this.revoked.has(worker) || offset > (found.get(partition) ?? -1),
      );
      if (due.length > 0) await session.commit(due);
      for (const { worker, offset } of offsets) this.committed.set(worker, offset);
      this.commitFailures = 0;
    } catch (error) {
      // What is not committed is read again. A rebalance makes one attempt fail, missing permissions every one.
      this.commitFailures += 1;
      metrics.commitFailures.inc({ topic });
      const level = this.commitFailures < 5 ? 'debug' : 'error';
      if (Number.isInteger(Math.log2(this.commitFailures)))
        logger[level](
          { err: error, topic, groupId, failures: this.commitFailures },
          'failed to commit offsets',
        );
      // kafkajs commits to the coordinator of its last completed join, for as long as its heartbeats find the new one.
      if (rootCause(error).type === 'NOT_COORDINATOR_FOR_GROUP') this.restart(session, error);
    }
  }

  /** Lag, and partitions that have records but are not read any more: a new session takes over. */
  private async watch(): Promise<void> {
    const { session } = this;
    const { topic } = this.options;
    if (session === undefined || !this.isJoined) return;
    const found = await this.positions.read().catch(() => undefined);
    if (found === undefined || session !== this.session) return;
    const nowMs = performance.now();
    for (const [partition, flow] of this.flows) {
      const { worker } = flow;
      const high = found.get(partition)?.high ?? 0;
      metrics.lag.set({ topic, partition }, Math.max(0, high - worker.offsets.committable));
      if (worker.position !== flow.position || flow.isPaused || worker.position >= high) {
        flow.position = worker.position;
        flow.sinceMs = nowMs;
      } else if (nowMs - flow.sinceMs > (session.isFetching(nowMs) ? openTransactionMs : stuckAfterMs)) {
        this.restart(session, new Error(`${topic}/${partition} has records but is not read any more`));
        return;
      }
    }
    const oldest = [...this.flows.values()].flatMap(({ worker }) => worker.offsets.oldestMs ?? []);
    const ageMs = oldest.length === 0 ? 0 : Date.now() - Math.min(...oldest);
    metrics.oldestUnacknowledged.set({ topic }, Math.max(0, ageMs / 1_000));
  }
}

function waitsForLeft({ leftSize, leftRuns, isRereading }: OffsetTracker): boolean {
  return !isRereading && (leftSize > maxLeft.records || leftRuns > maxLeft.runs);
}
