import { CompressionTypes, type Kafka, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { produceTimeoutMs } from './connect';
import { rootCause } from './kafka-errors';
import { keyPartitioner } from './partition-of';
import { type ProducedRecord } from './records';

export interface ProducerSessionOptions {
  kafka: Kafka;
  topic: string;
  /** Whether records without a key must not be sent to this partition. */
  isAvoided: (partition: number) => boolean;
}

/** The outcome of a request. */
export interface ProduceResult {
  /** For each record, whether its partition has acknowledged it. */
  acknowledged: readonly boolean[];
  /** Partition count of the topic. Undefined if the request failed before the records were assigned to partitions. */
  partitionCount: number | undefined;
  /** Why not all records were acknowledged. */
  error: (Error & { type?: string }) | undefined;
}

export class MissingAcknowledgementError extends Error {
  override readonly name = 'MissingAcknowledgementError';
}

/**
 * Wraps one kafkajs producer object. It is never repaired: after a failure, a new session replaces it.
 *
 * kafkajs's own retries are off, because they report records as written that were never sent (tulios/kafkajs#1303). The
 * partitions that kafkajs reports as acknowledged are compared with those that the records were assigned to.
 */
export class ProducerSession {
  private readonly producer: Producer;
  private readonly connected: Promise<void>;
  private readonly partitions = new WeakMap<Message, number>();
  private partitionCount = 0;

  constructor(private readonly options: ProducerSessionOptions) {
    this.producer = options.kafka.producer({
      allowAutoTopicCreation: false,
      metadataMaxAge: 10_000,
      retry: { retries: 0 },
      createPartitioner: () => {
        const partitioner = keyPartitioner(options.isAvoided);
        return (args) => {
          const partition = partitioner(args);
          this.partitions.set(args.message, partition);
          this.partitionCount = args.partitionMetadata.length;
          return partition;
        };
      },
    });
    this.connected = this.producer.connect();
    this.connected.catch(() => undefined);
  }

  /**
   * Sends one request to each broker that leads a partition of the records. Never rejects.
   *
   * If one broker rejects its request or does not respond, kafkajs does not report what the others have written, so no record
   * counts as acknowledged.
   */
  async write(records: readonly ProducedRecord[]): Promise<ProduceResult> {
    const { topic } = this.options;
    const messages = records.map(toMessage);
    let partitions = new Set<number>();
    let error: Error | undefined;
    try {
      await this.connected;
      partitions = acknowledgedPartitions(
        await this.producer.sendBatch({
          acks: -1,
          timeout: produceTimeoutMs,
          compression: CompressionTypes.None,
          topicMessages: [{ topic, messages }],
        }),
      );
    } catch (reason) {
      error = rootCause(reason);
    }
    const assigned = messages.map((message) => this.partitions.get(message));
    const acknowledged = assigned.map((partition) => partition !== undefined && partitions.has(partition));
    if (error === undefined && acknowledged.includes(false)) {
      const missing = new Set(assigned.filter((_, i) => acknowledged[i] === false));
      error = new MissingAcknowledgementError(
        `Kafka did not acknowledge the records for ${topic}/${[...missing].join(', ')}.`,
      );
    }
    return {
      acknowledged,
      partitionCount: assigned.includes(undefined) ? undefined : this.partitionCount,
      error,
    };
  }

  /** Resolves when requests in flight have ended. Never rejects. */
  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }
}

function acknowledgedPartitions(metadata: readonly RecordMetadata[]): Set<number> {
  return new Set(metadata.filter(({ errorCode }) => errorCode === 0).map(({ partition }) => partition));
}

function toMessage({ key, value, headers, partition }: ProducedRecord): Message {
  return {
    key,
    value,
    ...(headers !== undefined && { headers }),
    ...(partition !== undefined && { partition }),
  };
}
