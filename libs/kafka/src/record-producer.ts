import { CompressionTypes, type Kafka, type Producer, Partitioners } from 'kafkajs';
import { type ProducedRecord } from './records';

interface Pending {
  records: readonly ProducedRecord[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Records in one produce request at most: keeps a request well under the broker's socket limit. */
const maxRecordsPerRequest = 5_000;
const maxBytesPerRequest = 8 * 1024 * 1024;

/**
 * Writes records with acks from all in-sync replicas.
 *
 * Callers at the same time share requests, and one request is in flight at a time:
 * a retried request can then never be overtaken by a later one, so order per key holds.
 */
export class RecordProducer {
  private readonly producer: Producer;
  private readonly waiting: Pending[] = [];
  private flying = false;

  constructor(kafka: Kafka) {
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      // Other producers must agree on a customer's partition: this is the Java client's own choice.
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  connect(): Promise<void> {
    return this.producer.connect();
  }

  disconnect(): Promise<void> {
    return this.producer.disconnect();
  }

  /** Resolves when every record is on all in-sync replicas; rejects when that cannot be known. */
  send(records: readonly ProducedRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, resolve, reject });
      if (!this.flying) void this.fly();
    });
  }

  private async fly(): Promise<void> {
    this.flying = true;
    // Whoever sends in this turn of the event loop travels together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const flight = this.board();
      try {
        await this.producer.sendBatch({
          acks: -1,
          timeout: 10_000,
          compression: CompressionTypes.None,
          topicMessages: byTopic(flight.flatMap(({ records }) => records)),
        });
        for (const { resolve } of flight) resolve();
      } catch (error) {
        for (const { reject } of flight) reject(error);
      }
    }
    this.flying = false;
  }

  private board(): Pending[] {
    let records = 0;
    let bytes = 0;
    let passengers = 0;
    for (const pending of this.waiting) {
      records += pending.records.length;
      bytes += pending.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      if (passengers > 0 && (records > maxRecordsPerRequest || bytes > maxBytesPerRequest)) break;
      passengers += 1;
    }
    return this.waiting.splice(0, passengers);
  }
}

function byTopic(records: readonly ProducedRecord[]) {
  const messages = new Map<string, Omit<ProducedRecord, 'topic'>[]>();
  for (const { topic, ...message } of records) {
    const list = messages.get(topic);
    if (list === undefined) messages.set(topic, [message]);
    else list.push(message);
  }
  return [...messages].map(([topic, list]) => ({ topic, messages: list }));
}
