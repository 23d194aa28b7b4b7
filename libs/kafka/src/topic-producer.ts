import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, LogThrottle } from '@app/platform';
import { type Kafka } from 'kafkajs';
import { KafkaClient } from './connect';
import {
  KafkaUnavailableError,
  NoLeaderError,
  type ProduceFailure,
  produceFailure,
  produceFailureCause,
  rootCause,
} from './kafka-errors';
import * as metrics from './kafka.metrics';
import { PartitionQueues, type QueuedRecord, type RecordQueue } from './partition-queues';
import { permissionDenied, PermissionDeniedError } from './permission-denied';
import { MissingAcknowledgementError, type ProduceResult, ProducerSession } from './producer-session';
import { type ProducedRecord, sizeOf } from './records';
import { SendCall } from './send-call';

export interface TopicProducerOptions {
  kafka: Kafka;
  topic: string;
  /** Time to wait for more records before each request, in ms. */
  lingerMs: number;
  /** Creates the topic if it does not exist. */
  onMissingTopic: ((topic: string) => Promise<void>) | undefined;
  logger: Logger;
}

interface PendingRecord extends QueuedRecord {
  call: SendCall;
}
type Queue = RecordQueue<PendingRecord>;

/** The cost of a request in kafkajs grows with the square of the number of records for one partition. */
const maxRecordsPerRequest = 1_000;
/** Below Kafka's default limit for one partition (`max.message.bytes`, 1,048,588). */
const initialBytesPerRequest = 1_000_000;
/** Growth of the request limit with each success after a rejection. */
const growthFactor = 1.02;
const firstBackoffMs = 100;
const maxBackoffMs = 1_000;

/**
 * Writes records to one topic and retries until all in-sync replicas of their partitions have acknowledged them. Records of one
 * partition are written in the order of the calls. A record may be written twice, but is never lost, and never overtaken by a
 * later record of its key.
 *
 * All partitions share one request at a time. The partitions of a failed request are isolated: each has its own requests and
 * backoff until no records wait for it, so that it does not delay the others. Records of a failed request that some of its
 * partitions have written may therefore be written once more, but not more often.
 */
export class TopicProducer {
  /** Why the last shared request failed, or any request if that concerns the whole topic. Undefined after any success. */
  private failure: KafkaUnavailableError | undefined;
  private readonly queues = new PartitionQueues<PendingRecord>();
  private readonly work = new Map<Queue, Promise<void>>();
  private maxBytes = initialBytesPerRequest;
  /** Isolated partitions have a session of their own, because they replace it often. */
  private readonly sessions: { shared?: ProducerSession; isolated?: ProducerSession } = {};
  private creatingTopic: Promise<void> | undefined;
  private readonly creationFailures = new LogThrottle(() => performance.now());
  private lastSentMs = performance.now();
  private readonly closing = new AbortController();

  constructor(private readonly options: TopicProducerOptions) {}

  /** For the readiness check. */
  get problem(): string | undefined {
    return this.failure?.message;
  }

  /** Kafka responds again. An idle topic sends no request whose success would clear its problem. */
  clearProblemIfIdle(): void {
    if (this.idleMs > 0) this.failure = undefined;
  }

  /** Time since the last call, in ms; 0 while records wait. */
  get idleMs(): number {
    return this.work.size === 0 ? performance.now() - this.lastSentMs : 0;
  }

  /**
   * Resolves when every record is acknowledged. Throws {@link RecordsRejectedError}, or with
   * {@link KafkaUnavailableError} after `deadlineMs`, or when this is closed.
   */
  send(records: readonly ProducedRecord[], deadlineMs: number | undefined): Promise<void> {
    this.lastSentMs = performance.now();
    const call = new SendCall(records.length, deadlineMs, () => this.failure);
    for (const record of records) this.begin(this.queues.add({ record, bytes: sizeOf(record), call }));
    return call.done;
  }

  /** Writes queued records, or rejects them if Kafka does not accept them now, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    while (this.work.size > 0) await Promise.all(this.work.values());
    await Promise.all([this.sessions.shared?.close(), this.sessions.isolated?.close()]);
  }

  private begin(queue: Queue, failures = 0): void {
    if (!this.work.has(queue)) this.work.set(queue, this.writeAll(queue, failures));
  }

  /** @param failures number of failures in a row so far */
  private async writeAll(queue: Queue, failures: number): Promise<void> {
    // Calls in the same turn of the event loop share a request.
    await new Promise(setImmediate);
    let distrusted: ProducerSession | undefined;
    while (!queue.isEmpty) {
      await this.pause(failures === 0 ? this.options.lingerMs : backoffMs(failures));
      const request = queue.take(maxRecordsPerRequest, this.maxBytes);
      if (request.length === 0) continue;
      const session = this.sessionFor(queue, distrusted);
      const startedMs = performance.now();
      const result = await session.write(request.map(({ record }) => record));
      metrics.produceSeconds.observe({ topic: this.options.topic }, (performance.now() - startedMs) / 1_000);
      const unwritten = this.acknowledge(request, result);
      const { error } = result;
      if (error === undefined) {
        failures = 0;
        this.rejoin(queue);
        continue;
      }
      metrics.produceFailures.inc({ topic: this.options.topic, cause: produceFailureCause(error) });
      const failure = error instanceof MissingAcknowledgementError ? 'replace' : produceFailure(error);
      if (failure === 'rejected') {
        if (unwritten.length === 1 || !this.isolate(queue, unwritten, result, failures))
          this.splitRejected(queue, unwritten);
        continue;
      }
      failures += 1;
      distrusted = failure === 'retry' ? undefined : session;
      this.report(queue, unwritten, failure, error, failures);
      if (failure === 'missing_topic' || (error instanceof MissingAcknowledgementError && failures > 1))
        await this.createTopic();
      if (this.isolate(queue, unwritten, result, failures)) continue;
      if (this.closing.signal.aborted) fail([...unwritten, ...queue.takeAll()], error);
      else queue.requeue(unwritten);
    }
    this.work.delete(queue);
  }

  /** Returns the records that were not acknowledged. */
  private acknowledge(
    request: readonly PendingRecord[],
    { acknowledged, error }: ProduceResult,
  ): PendingRecord[] {
    const unwritten: PendingRecord[] = [];
    let writtenBytes = 0;
    request.forEach((queued, i) => {
      if (acknowledged[i] === true) {
        queued.call.acknowledge();
        writtenBytes += queued.bytes;
      } else unwritten.push(queued);
    });
    const { topic } = this.options;
    metrics.producedRecords.inc({ topic }, request.length - unwritten.length);
    metrics.producedBytes.inc({ topic }, writtenBytes);
    if (unwritten.length < request.length) this.failure = undefined;
    if (error === undefined) this.maxBytes = Math.min(initialBytesPerRequest, this.maxBytes * growthFactor);
    return unwritten;
  }

  /** False if the queue is isolated already, or if the partitions of the records are unknown. */
  private isolate(
    queue: Queue,
    unwritten: readonly PendingRecord[],
    { partitionCount }: ProduceResult,
    failures: number,
  ): boolean {
    if (queue !== this.queues.shared || partitionCount === undefined) return false;
    const isolated = this.queues.isolate(unwritten, partitionCount);
    for (const one of isolated) this.begin(one, failures);
    return isolated.length > 0;
  }

  private rejoin(queue: Queue): void {
    this.queues.rejoin(queue);
    if (this.queues.hasIsolated) return;
    void this.sessions.isolated?.close();
    delete this.sessions.isolated;
  }

  /** Halves a rejected request until the rejected record is alone. */
  private splitRejected(queue: Queue, request: readonly PendingRecord[]): void {
    const [first] = request;
    if (request.length === 1 && first !== undefined) {
      first.call.rejectRecord(first.record);
      return;
    }
    this.maxBytes = Math.floor(request.reduce((sum, { bytes }) => sum + bytes, 0) / 2);
    queue.requeue(request);
  }

  private report(
    queue: Queue,
    unwritten: readonly PendingRecord[],
    failure: ProduceFailure,
    error: Error,
    failures: number,
  ): void {
    const { kafka, topic, onMissingTopic, logger } = this.options;
    const { partition } = queue;
    const user = kafka instanceof KafkaClient ? kafka.user : undefined;
    const known = permissionDenied(error, { operation: 'Write', topic }, user) ?? noLeader(error, topic);
    // A topic that the app may not create stays missing.
    const isDenied = failure === 'missing_topic' && this.failure instanceof PermissionDeniedError;
    if (known !== undefined) this.failure = known;
    else if (queue === this.queues.shared && !isDenied)
      this.failure = new KafkaUnavailableError(
        `Kafka does not accept records for ${topic}: ${error.message}`,
        {
          cause: error,
        },
      );
    if (failure === 'missing_topic' && failures === 1 && onMissingTopic !== undefined)
      logger.info({ topic, records: unwritten.length }, 'topic not found; creating it');
    // In a long outage, only failures 1, 2, 4, 8 and so on are logged.
    else if (Number.isInteger(Math.log2(failures)))
      logger.warn(
        { err: known ?? error, topic, partition, records: unwritten.length, failures },
        'failed to write records; retrying',
      );
  }

  /** All partitions that find the topic missing share one attempt. */
  private createTopic(): Promise<void> {
    const { topic, onMissingTopic, logger } = this.options;
    this.creatingTopic ??= Promise.try(() => onMissingTopic?.(topic))
      .catch((error: unknown) => {
        if (error instanceof PermissionDeniedError) this.failure = error;
        const { name, type = name } = rootCause(error);
        const failures = this.creationFailures.count(type);
        if (failures !== undefined)
          logger.error({ err: error, topic, failures }, 'failed to create the topic; retrying');
      })
      .finally(() => {
        this.creatingTopic = undefined;
      });
    return this.creatingTopic;
  }

  /**
   * A failed session is replaced once, by the next queue that uses it. It closes in the background, when its requests in
   * flight have ended.
   */
  private sessionFor(queue: Queue, distrusted: ProducerSession | undefined): ProducerSession {
    const use = queue === this.queues.shared ? 'shared' : 'isolated';
    const current = this.sessions[use];
    if (current !== undefined && current !== distrusted) return current;
    void current?.close();
    const { kafka, topic } = this.options;
    const isAvoided = (partition: number): boolean => this.queues.isIsolated(partition);
    return (this.sessions[use] = new ProducerSession({ kafka, topic, isAvoided }));
  }

  private async pause(ms: number): Promise<void> {
    if (ms === 0) return;
    await delay(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}

function noLeader(error: Error & { type?: string }, topic: string): NoLeaderError | undefined {
  return error.type === 'LEADER_NOT_AVAILABLE' ? new NoLeaderError(topic, error) : undefined;
}

function backoffMs(failures: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1));
}

function fail(records: readonly PendingRecord[], cause: Error): void {
  const error = new KafkaUnavailableError('Kafka did not acknowledge the records.', { cause });
  for (const { call } of records) call.fail(error);
}
