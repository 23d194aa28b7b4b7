import { CompressionTypes, type Kafka, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { produceTimeoutMs } from './connect';
import { rootCause } from './kafka-errors';
import { keyPartitioner } from './partition-of';
import { type ProducedRecord } from './records';

export interface ProducerSessionOptions {
  kafka: Kafka;
  topic: string;
  /** Partitions that records without a key are kept away from. */
  isAvoided: (partition: number) => boolean;
}

/** What became of a request. */
export interface ProduceResult {
  /** For each record, whether its partition has acknowledged it. */
  acknowledged: readonly boolean[];
  /** How many partitions the topic has; undefined if the request failed before the records were assigned to any. */
  partitionCount: number | undefined;
  /** Why not all records were acknowledged. */
  error: (Error & { type?: string }) | undefined;
}

export class MissingAcknowledgement extends Error {
  override readonly name = 'MissingAcknowledgement';
}

/**
 * One kafkajs producer object, from its creation to its end. It is never repaired: whatever fails, a new one takes its place.
 *
 * kafkajs's own retries are off, since they report records as written that were never sent (tulios/kafkajs#1303), and what it
 * says was acknowledged is compared with the partitions written to.
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
   * One request to each broker that leads a partition of the records. Never rejects.
   *
   * If a broker refuses, or does not respond, it is not known what others have written: nothing counts as acknowledged.
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
      error = new MissingAcknowledgement(
        `Kafka did not acknowledge the records for ${topic}/${[...missing].join(', ')}.`,
      );
    }
    return {
      acknowledged,
      partitionCount: assigned.includes(undefined) ? undefined : this.partitionCount,
      error,
    };
  }

  /** Resolves in any case, when requests that are under way have ended. */
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
