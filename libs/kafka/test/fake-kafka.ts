import { type Kafka, type ProducerBatch, type ProducerConfig, type RecordMetadata } from 'kafkajs';

export interface FakeRequest {
  /** Index of the producer that sent it. */
  producer: number;
  values: string[];
}

/**
 * The response of the brokers: the acknowledged partitions, or an error. Records of acknowledged partitions are written, as are
 * those of a {@link PartialFailure}.
 *
 * @param partitions partitions of the records in the request
 */
export type BrokerBehavior = (
  request: FakeRequest,
  partitions: readonly number[],
) => readonly number[] | Promise<readonly number[]>;

/** One broker rejects its records, which fails the whole request, although others have written theirs. */
export class PartialFailure extends Error {
  constructor(
    override readonly cause: Error,
    readonly written: readonly number[],
  ) {
    super(cause.message);
  }
}

/** A fake Kafka that uses kafkajs's partitioner interface, and whose brokers a test controls. */
export class FakeKafka {
  readonly configs: ProducerConfig[] = [];
  readonly requests: FakeRequest[] = [];
  /** Values of acknowledged records, in the order of writing. */
  readonly written: string[] = [];
  failedConnects = 0;
  /** Responses to the next requests. Further requests are acknowledged. */
  readonly behaviors: BrokerBehavior[] = [];
  behavior: BrokerBehavior = (_, partitions) => partitions;

  constructor(private readonly partitions = 3) {}

  get asKafka(): Kafka {
    return { producer: (config: ProducerConfig) => this.producer(config) } as unknown as Kafka;
  }

  private producer(config: ProducerConfig) {
    const index = this.configs.push(config) - 1;
    const partitioner = config.createPartitioner?.();
    const partitionMetadata = Array.from({ length: this.partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 1,
      replicas: [1],
      isr: [1],
    }));
    return {
      connect: () =>
        this.failedConnects-- > 0 ? Promise.reject(new Error('connection refused')) : Promise.resolve(),
      disconnect: () => Promise.resolve(),
      sendBatch: async ({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> => {
        await new Promise(setImmediate);
        const placed = topicMessages.flatMap(({ topic, messages }) =>
          messages.map((message) => ({
            value: String(message.value),
            partition: partitioner?.({ topic, partitionMetadata, message }) ?? 0,
          })),
        );
        const request = { producer: index, values: placed.map(({ value }) => value) };
        this.requests.push(request);
        const write = (partitions: readonly number[]): void => {
          for (const { value, partition } of placed)
            if (partitions.includes(partition)) this.written.push(value);
        };
        const behave = this.behaviors.shift() ?? this.behavior;
        const partitions = [...new Set(placed.map(({ partition }) => partition))];
        const acknowledged = await Promise.try(behave, request, partitions).catch((error: unknown) => {
          if (!(error instanceof PartialFailure)) throw error;
          write(error.written);
          throw error.cause;
        });
        write(acknowledged);
        return acknowledged.map((partition) => ({
          topicName: topicMessages[0]?.topic ?? '',
          partition,
          errorCode: 0,
        }));
      },
    };
  }
}

/** An error of a broker as kafkajs reports it without retries. */
export function kafkaError(type: string): Error {
  const cause = Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
  if (type === 'MESSAGE_TOO_LARGE') return cause;
  return Object.assign(new Error(type, { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' });
}
