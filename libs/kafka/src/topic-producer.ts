import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { CompressionTypes, type Kafka, type Producer, type RecordMetadata } from 'kafkajs';
import { produceTimeoutMs } from './connect';
import { KafkaUnavailableError, produceFailure, rootCause } from './kafka-errors';
import * as metrics from './kafka.metrics';
import { keyPartitioner } from './partition-of';
import { type ProducedRecord } from './records';

/** The broker refused these records for good; all others of the call were acknowledged. */
export class RecordsRefusedError extends Error {
  override readonly name = 'RecordsRefusedError';

  constructor(readonly refused: readonly RefusedRecord[]) {
    super(`Kafka refused ${refused.length} records: ${refused[0]?.reason ?? 'unknown'}.`);
  }
}

export interface RefusedRecord {
  record: ProducedRecord;
  reason: 'too_large';
}

export interface TopicProducerOptions {
  kafka: Kafka;
  topic: string;
  /** How long a request waits for more records, in ms. */
  lingerMs: number;
  /** Creates the topic, if it is missing. */
  onMissingTopic: ((topic: string) => Promise<void>) | undefined;
  logger: Logger;
}

/** One call's records, and what became of those that have been written or refused. */
interface Pending {
  records: readonly ProducedRecord[];
  /** How many of them are done. */
  done: number;
  refused: RefusedRecord[];
  isExpired: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** kafkajs's cost of a request grows with the square of the records for one partition. */
const maxRecordsPerRequest = 1_000;
/** Fits what Kafka accepts for one partition unless it is configured otherwise (`max.message.bytes`, 1,048,588). */
const initialBytesPerRequest = 1_000_000;
/** After a refusal, how much larger each next request may be. */
const growthFactor = 1.02;
/** What the broker adds to key, value and headers of a record at most, and to a batch. */
const overheadBytes = 100;
const firstBackoffMs = 100;
const maxBackoffMs = 1_000;

class MissingAcknowledgement extends Error {
  override readonly name = 'MissingAcknowledgement';
}

/**
 * Writes records to one topic, in the order of the calls, one request at a time, until all in-sync replicas of every
 * partition have acknowledged them. A request that failed in part is repeated as a whole: records may be written twice,
 * never lost, and never overtaken by later ones.
 *
 * kafkajs is not relied on: its own retries are off, since they report records as written that were never sent
 * (tulios/kafkajs#1303), acknowledgements are compared with the partitions written to, and after anything but a moved
 * leader a new producer takes over.
 */
export class TopicProducer {
  /** Why the last request failed; undefined once one succeeds, or Kafka is found to respond again. */
  problem: string | undefined;
  private readonly queue: Pending[] = [];
  private maxBytes = initialBytesPerRequest;
  private producer: Promise<Producer> | undefined;
  private work: Promise<void> | undefined;
  private lastSentMs = performance.now();
  private readonly closing = new AbortController();
  /** Partitions that the request under way has records for. */
  private partitions = new Set<number>();

  constructor(private readonly options: TopicProducerOptions) {}

  /** How long nothing was sent, in ms; 0 while records wait. */
  get idleMs(): number {
    return this.work === undefined ? performance.now() - this.lastSentMs : 0;
  }

  /**
   * Resolves when every record is acknowledged. Rejects with {@link RecordsRefusedError}, or with
   * {@link KafkaUnavailableError} after `deadlineMs`, or when this is closed.
   */
  send(records: readonly ProducedRecord[], deadlineMs: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = deadlineMs === undefined ? undefined : setTimeout(expire, deadlineMs);
      const pending: Pending = {
        records,
        done: 0,
        refused: [],
        isExpired: false,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      function expire(): void {
        pending.isExpired = true;
        reject(new KafkaUnavailableError(`Kafka did not acknowledge the records within ${deadlineMs} ms.`));
      }
      this.lastSentMs = performance.now();
      this.queue.push(pending);
      this.work ??= this.writeAll();
    });
  }

  /** Writes what is queued, unless Kafka does not accept it now, and disconnects. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.work;
    await this.discardProducer();
  }

  private async writeAll(): Promise<void> {
    // Whoever sends in this turn of the event loop shares the request.
    await new Promise(setImmediate);
    const { lingerMs } = this.options;
    for (let failures = 0; this.queue.length > 0;) {
      if (lingerMs > 0 && failures === 0) await this.pause(lingerMs);
      const request = this.nextRequest();
      if (request.length === 0) continue;
      const error = await this.write(request).then(
        () => undefined,
        (reason: unknown) => rootCause(reason),
      );
      failures = error === undefined ? 0 : failures + 1;
      if (error === undefined) this.acknowledge(request.length);
      else await this.recover(error, request, failures);
    }
    this.work = undefined;
  }

  /** The first records of the queue that fit into one request: at least one. */
  private nextRequest(): ProducedRecord[] {
    const request: ProducedRecord[] = [];
    let bytes = 0;
    for (const pending of [...this.queue]) {
      if (pending.isExpired && pending.done === 0) {
        this.queue.splice(this.queue.indexOf(pending), 1);
        continue;
      }
      for (let i = pending.done; i < pending.records.length; i++) {
        const record = pending.records[i];
        if (record === undefined) break;
        bytes += sizeOf(record);
        const isFull = request.length >= maxRecordsPerRequest || bytes > this.maxBytes;
        if (request.length > 0 && isFull) return request;
        request.push(record);
      }
    }
    return request;
  }

  private async write(records: readonly ProducedRecord[]): Promise<void> {
    const producer = await this.connected();
    this.partitions = new Set();
    const { topic } = this.options;
    const acknowledged = await producer.sendBatch({
      acks: -1,
      timeout: produceTimeoutMs,
      compression: CompressionTypes.None,
      topicMessages: [{ topic, messages: records.map(toMessage) }],
    });
    const missing = this.partitions.difference(acknowledgedPartitions(acknowledged));
    if (missing.size > 0)
      throw new MissingAcknowledgement(
        `Kafka did not acknowledge the records for ${topic}/${[...missing].join(', ')}.`,
      );
  }

  /** The records are written: their calls may return. */
  private acknowledge(count: number): void {
    this.problem = undefined;
    this.maxBytes = Math.min(initialBytesPerRequest, this.maxBytes * growthFactor);
    for (let left = count; left > 0;) {
      const [pending] = this.queue;
      if (pending === undefined) return;
      const done = Math.min(left, pending.records.length - pending.done);
      pending.done += done;
      left -= done;
      this.completeFirst();
    }
  }

  private completeFirst(): void {
    const [pending] = this.queue;
    if (pending === undefined || pending.done < pending.records.length) return;
    this.queue.shift();
    if (pending.refused.length === 0) pending.resolve();
    else pending.reject(new RecordsRefusedError(pending.refused));
  }

  private async recover(
    error: Error & { type?: string },
    request: readonly ProducedRecord[],
    failures: number,
  ): Promise<void> {
    const { topic, logger } = this.options;
    const failure = error instanceof MissingAcknowledgement ? 'replace' : produceFailure(error);
    if (failure === 'refused') {
      this.refuse(request);
      return;
    }
    this.problem = `Kafka does not accept records for ${topic}: ${error.message}`;
    metrics.producerRetries.inc({ topic });
    // Each failure of a long outage is not worth a line.
    if (Number.isInteger(Math.log2(failures)))
      logger.warn(
        { err: error, topic, records: request.length, failures },
        'failed to write records; retrying',
      );
    if (this.closing.signal.aborted) {
      this.rejectAll(error);
      return;
    }
    if (failure === 'missing_topic' || (error instanceof MissingAcknowledgement && failures > 1))
      await this.createTopic();
    if (failure !== 'retry') await this.discardProducer();
    await this.pause(Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1)));
  }

  /** A request that the broker refuses is halved down to the one record that it refuses. */
  private refuse(request: readonly ProducedRecord[]): void {
    const [record] = request;
    if (request.length > 1) {
      this.maxBytes = Math.floor(request.reduce((sum, one) => sum + sizeOf(one), 0) / 2);
      return;
    }
    const [pending] = this.queue;
    if (pending === undefined || record === undefined) return;
    pending.refused.push({ record, reason: 'too_large' });
    pending.done += 1;
    this.completeFirst();
  }

  private async createTopic(): Promise<void> {
    const { topic, onMissingTopic, logger } = this.options;
    try {
      await onMissingTopic?.(topic);
    } catch (error) {
      logger.error({ err: error, topic }, 'failed to create the topic');
    }
  }

  private rejectAll(error: Error): void {
    const unavailable = new KafkaUnavailableError('Kafka did not acknowledge the records.', { cause: error });
    for (const pending of this.queue.splice(0)) pending.reject(unavailable);
  }

  private async connected(): Promise<Producer> {
    this.producer ??= this.connect();
    try {
      return await this.producer;
    } catch (error) {
      this.producer = undefined;
      throw error;
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.options.kafka.producer({
      allowAutoTopicCreation: false,
      metadataMaxAge: 10_000,
      retry: { retries: 0 },
      createPartitioner: () => {
        const partitioner = keyPartitioner();
        return (args) => {
          const partition = partitioner(args);
          this.partitions.add(partition);
          return partition;
        };
      },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      disconnectInBackground(producer);
      throw error;
    }
  }

  /** Disconnecting waits for requests that are under way, so nothing waits for it. */
  private async discardProducer(): Promise<void> {
    const producer = await this.producer?.catch(() => undefined);
    this.producer = undefined;
    if (producer === undefined) return;
    if (this.closing.signal.aborted) await producer.disconnect().catch(() => undefined);
    else disconnectInBackground(producer);
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}

function disconnectInBackground(producer: Producer): void {
  producer.disconnect().catch(() => undefined);
}

function acknowledgedPartitions(metadata: readonly RecordMetadata[]): Set<number> {
  return new Set(metadata.filter(({ errorCode }) => errorCode === 0).map(({ partition }) => partition));
}

function toMessage({ key, value, headers, partition }: ProducedRecord) {
  return {
    key,
    value,
    ...(headers !== undefined && { headers }),
    ...(partition !== undefined && { partition }),
  };
}

/** Bytes that a record takes in a request, or a little more. */
export function sizeOf({ key, value, headers = {} }: ProducedRecord): number {
  let bytes = overheadBytes + lengthOf(key) + lengthOf(value);
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 6;
  return bytes;
}

function lengthOf(data: Buffer | string | null): number {
  if (data === null) return 0;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}
