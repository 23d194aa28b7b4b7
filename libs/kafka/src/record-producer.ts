import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@app/platform';
import { CompressionTypes, type Kafka, type Producer } from 'kafkajs';
import { keyPartitioner } from './key-partitioner';
import { type ProducedRecord } from './records';

interface Part {
  records: readonly ProducedRecord[];
  bytes: number;
}

interface Pending extends Part {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Kafka cannot take the records now; whether it has them cannot be known. Try again later. */
export class KafkaUnavailableError extends Error {
  override readonly name = 'KafkaUnavailableError';
}

export interface RecordProducerOptions {
  /** Whether what Kafka does not confirm is sent again, in its turn, or given back to the sender. */
  ifUnconfirmed?: 'reject' | 'retry';
  /** How long a request waits for more records: fewer and larger ones cost less. 0: for this turn of the event loop. */
  lingerMs?: number;
}

/** Records in one produce request at most: keeps a request well under the broker's socket limit. */
const maxRecordsPerRequest = 5_000;
const maxBytesPerRequest = 8 * 1024 * 1024;
/** What waits for a Kafka that does not answer is bounded. */
const maxWaitingBytes = 256 * 1024 * 1024;
const reconnectMs = 1_000;

/**
 * Writes records with acks from all in-sync replicas.
 *
 * Callers at the same time share requests, and one request is in flight at a time:
 * a retried request can then never be overtaken by a later one, so order per key holds.
 */
export class RecordProducer {
  private readonly producer: Producer;
  private readonly waiting: Pending[] = [];
  private waitingBytes = 0;
  private flight: Promise<void> | undefined;
  private connected = false;
  private closing = false;

  private readonly ifUnconfirmed: 'reject' | 'retry';
  private readonly lingerMs: number;

  constructor(
    kafka: Kafka,
    private readonly logger: Logger,
    { ifUnconfirmed = 'reject', lingerMs = 0 }: RecordProducerOptions = {},
  ) {
    this.ifUnconfirmed = ifUnconfirmed;
    this.lingerMs = lingerMs;
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: keyPartitioner,
    });
  }

  /** For the readiness check. */
  readonly problem = (): string | undefined =>
    this.connected ? undefined : 'the producer is not connected to Kafka';

  /** Tries until Kafka is there. */
  async connect(): Promise<void> {
    while (!this.closing) {
      try {
        await this.producer.connect();
        this.connected = true;
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'Kafka cannot be reached; trying again');
        await delay(reconnectMs, undefined, { ref: false });
      }
    }
  }

  /** What waits is written first. */
  async disconnect(): Promise<void> {
    this.closing = true;
    await this.flight;
    await this.producer.disconnect();
  }

  /**
   * Resolves when every record is on all in-sync replicas.
   * Rejects with {@link KafkaUnavailableError} when that cannot be known.
   */
  send(records: readonly ProducedRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    const isOverfull = this.waitingBytes > maxWaitingBytes && this.ifUnconfirmed === 'reject';
    if (!this.connected || isOverfull)
      return Promise.reject(new KafkaUnavailableError('Kafka takes no records at the moment.'));
    return Promise.all(inParts(records).map((part) => this.queue(part))).then(() => undefined);
  }

  private queue({ records, bytes }: Part): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, bytes, resolve, reject });
      this.waitingBytes += bytes;
      this.flight ??= this.fly();
    });
  }

  private async fly(): Promise<void> {
    while (this.waiting.length > 0) {
      // Whoever sends meanwhile travels along.
      await (this.lingerMs > 0 && !this.closing ? delay(this.lingerMs) : new Promise(setImmediate));
      const passengers = this.board();
      try {
        await this.confirm(passengers.flatMap(({ records }) => records));
        for (const { resolve } of passengers) resolve();
      } catch (error) {
        const unavailable = new KafkaUnavailableError('Kafka did not confirm the records.', { cause: error });
        for (const { reject } of passengers) reject(unavailable);
      }
    }
    this.flight = undefined;
  }

  private async confirm(records: readonly ProducedRecord[]): Promise<void> {
    for (;;) {
      try {
        await this.producer.sendBatch({
          acks: -1,
          timeout: 10_000,
          compression: CompressionTypes.None,
          topicMessages: [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, messages]) => ({
            topic,
            messages,
          })),
        });
        return;
      } catch (error) {
        if (this.ifUnconfirmed === 'reject' || this.closing) throw error;
        this.logger.warn({ err: error }, 'Kafka did not confirm records; they are sent again');
        await delay(reconnectMs);
      }
    }
  }

  private board(): Pending[] {
    let records = 0;
    let bytes = 0;
    let passengers = 0;
    for (const pending of this.waiting) {
      records += pending.records.length;
      bytes += pending.bytes;
      if (passengers > 0 && (records > maxRecordsPerRequest || bytes > maxBytesPerRequest)) break;
      passengers += 1;
    }
    const flight = this.waiting.splice(0, passengers);
    for (const pending of flight) this.waitingBytes -= pending.bytes;
    return flight;
  }
}

/** In order, and none larger than a request may be. */
function inParts(records: readonly ProducedRecord[]): Part[] {
  const parts: Part[] = [];
  let part: ProducedRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.value?.length ?? 0;
    if (part.length > 0 && (part.length === maxRecordsPerRequest || bytes + size > maxBytesPerRequest)) {
      parts.push({ records: part, bytes });
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  parts.push({ records: part, bytes });
  return parts;
}
