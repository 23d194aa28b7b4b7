import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { type Kafka } from 'kafkajs';
import { KafkaUnavailableError, produceFailure } from './kafka-errors';
import * as metrics from './kafka.metrics';
import { PartitionQueues, type QueuedRecord, type RecordQueue } from './partition-queues';
import { MissingAcknowledgement, type ProduceResult, ProducerSession } from './producer-session';
import { type ProducedRecord, sizeOf } from './records';
import { SendCall } from './send-call';

export interface TopicProducerOptions {
  kafka: Kafka;
  topic: string;
  /** How long a request waits for more records, in ms. */
  lingerMs: number;
  /** Creates the topic, if it is missing. */
  onMissingTopic: ((topic: string) => Promise<void>) | undefined;
  logger: Logger;
}

interface Queued extends QueuedRecord {
  call: SendCall;
}
type Queue = RecordQueue<Queued>;

/** kafkajs's cost of a request grows with the square of the records for one partition. */
const maxRecordsPerRequest = 1_000;
/** Fits what Kafka accepts for one partition unless it is configured otherwise (`max.message.bytes`, 1,048,588). */
const initialBytesPerRequest = 1_000_000;
/** After a refusal, how much larger each next request may be. */
const growthFactor = 1.02;
const firstBackoffMs = 100;
const maxBackoffMs = 1_000;

/**
 * Writes records to one topic until all in-sync replicas of their partitions have acknowledged them; those of one partition in
 * the order of the calls. Records may be written twice, never lost, and never overtaken by later ones of their key.
 *
 * The partitions share one request at a time. Those of a request that failed are isolated: each has requests of its own, with
 * its own backoff, until nothing waits for it, and the others go on without it. What some partitions of a failed request
 * have written may thus be written once more, and no more often.
 */
export class TopicProducer {
  /** Why the last shared request failed; undefined once any succeeds, or Kafka is found to respond again. */
  problem: string | undefined;
  private readonly queues = new PartitionQueues<Queued>();
  private readonly work = new Map<Queue, Promise<void>>();
  private maxBytes = initialBytesPerRequest;
  /** One for the shared queue, one for all isolated partitions: these replace theirs often. */
  private readonly sessions: { shared?: ProducerSession; isolated?: ProducerSession } = {};
  private creatingTopic: Promise<void> | undefined;
  private lastSentMs = performance.now();
  private readonly closing = new AbortController();

  constructor(private readonly options: TopicProducerOptions) {}

  /** How long nothing was sent, in ms; 0 while records wait. */
  get idleMs(): number {
    return this.work.size === 0 ? performance.now() - this.lastSentMs : 0;
  }

  /**
   * Resolves when every record is acknowledged. Rejects with {@link RecordsRefusedError}, or with
   * {@link KafkaUnavailableError} after `deadlineMs`, or when this is closed.
   */
  send(records: readonly ProducedRecord[], deadlineMs: number | undefined): Promise<void> {
    this.lastSentMs = performance.now();
    const call = new SendCall(records.length, deadlineMs);
    for (const record of records) this.begin(this.queues.add({ record, call }));
    return call.done;
  }

  /** Writes what is queued, unless Kafka does not accept it now, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    while (this.work.size > 0) await Promise.all(this.work.values());
    await Promise.all([this.sessions.shared?.close(), this.sessions.isolated?.close()]);
  }

  private begin(queue: Queue, failures = 0): void {
    if (!this.work.has(queue)) this.work.set(queue, this.writeAll(queue, failures));
  }

  /** @param failures in a row that the records have seen */
  private async writeAll(queue: Queue, failures: number): Promise<void> {
    // Whoever sends in this turn of the event loop shares the request.
    await new Promise(setImmediate);
    let distrusted: ProducerSession | undefined;
    while (!queue.isEmpty) {
      await this.pause(failures === 0 ? this.options.lingerMs : backoffMs(failures));
      const request = queue.take(maxRecordsPerRequest, this.maxBytes);
      if (request.length === 0) continue;
      const session = this.sessionFor(queue, distrusted);
      const result = await session.write(request.map(({ record }) => record));
      const unwritten = this.acknowledge(request, result);
      const { error } = result;
      if (error === undefined) {
        failures = 0;
        this.rejoin(queue);
        continue;
      }
      const failure = error instanceof MissingAcknowledgement ? 'replace' : produceFailure(error);
      if (failure === 'refused') {
        if (unwritten.length === 1 || !this.isolate(queue, unwritten, result, failures))
          this.refuse(queue, unwritten);
        continue;
      }
      failures += 1;
      distrusted = failure === 'retry' ? undefined : session;
      this.report(queue, unwritten, error, failures);
      if (failure === 'missing_topic' || (error instanceof MissingAcknowledgement && failures > 1))
        await this.createTopic();
      if (this.isolate(queue, unwritten, result, failures)) continue;
      if (this.closing.signal.aborted) fail([...unwritten, ...queue.takeAll()], error);
      else queue.putBack(unwritten);
    }
    this.work.delete(queue);
  }

  /** Returns the records that were not acknowledged. */
  private acknowledge(request: readonly Queued[], { acknowledged, error }: ProduceResult): Queued[] {
    const unwritten: Queued[] = [];
    request.forEach((queued, i) => {
      if (acknowledged[i] === true) queued.call.acknowledge();
      else unwritten.push(queued);
    });
    if (unwritten.length < request.length) this.problem = undefined;
    if (error === undefined) this.maxBytes = Math.min(initialBytesPerRequest, this.maxBytes * growthFactor);
    return unwritten;
  }

  /** False: the queue is that of one partition already, or it is not known which partitions the records belong to. */
  private isolate(
    queue: Queue,
    unwritten: readonly Queued[],
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

  /** A request that the broker refuses is halved down to the one record that it refuses. */
  private refuse(queue: Queue, request: readonly Queued[]): void {
    const [first] = request;
    if (request.length === 1 && first !== undefined) {
      first.call.refuse(first.record);
      return;
    }
    this.maxBytes = Math.floor(request.reduce((sum, { record }) => sum + sizeOf(record), 0) / 2);
    queue.putBack(request);
  }

  private report(queue: Queue, unwritten: readonly Queued[], error: Error, failures: number): void {
    const { topic, logger } = this.options;
    const { partition } = queue;
    if (queue === this.queues.shared)
      this.problem = `Kafka does not accept records for ${topic}: ${error.message}`;
    metrics.producerRetries.inc({ topic });
    // Each failure of a long outage is not worth a line.
    if (Number.isInteger(Math.log2(failures)))
      logger.warn(
        { err: error, topic, partition, records: unwritten.length, failures },
        'failed to write records; retrying',
      );
  }

  /** Once for all partitions that find it missing. */
  private createTopic(): Promise<void> {
    const { topic, onMissingTopic, logger } = this.options;
    this.creatingTopic ??= Promise.try(() => onMissingTopic?.(topic))
      .catch((error: unknown) => {
        logger.error({ err: error, topic }, 'failed to create the topic');
      })
      .finally(() => {
        this.creatingTopic = undefined;
      });
    return this.creatingTopic;
  }

  /**
   * A session that failed is replaced once, by whichever queue is next to use it. It ends when the requests of others that
   * are under way have ended, so nothing waits for that.
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

function backoffMs(failures: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1));
}

function fail(records: readonly Queued[], cause: Error): void {
  const error = new KafkaUnavailableError('Kafka did not acknowledge the records.', { cause });
  for (const { call } of records) call.fail(error);
}
