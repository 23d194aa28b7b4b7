import { type Kafka, type ProducerBatch, type ProducerConfig, type RecordMetadata } from 'kafkajs';

export interface FakeRequest {
  /** Which of the producers sent it, from 0. */
  producer: number;
  values: string[];
}

/**
 * What the brokers do with a request: the partitions that are acknowledged, or an error. What is acknowledged is written, and
 * so is what a {@link PartialFailure} says.
 *
 * @param partitions that the request has records for
 */
export type BrokerBehavior = (
  request: FakeRequest,
  partitions: readonly number[],
) => readonly number[] | Promise<readonly number[]>;

/** One broker refuses its records, which fails the whole request, while others have written theirs. */
export class PartialFailure extends Error {
  constructor(
    override readonly cause: Error,
    readonly written: readonly number[],
  ) {
    super(cause.message);
  }
}

/** Partitions chosen by kafkajs's own interface, and brokers that behave as a test wants. */
export class FakeKafka {
  readonly configs: ProducerConfig[] = [];
  readonly requests: FakeRequest[] = [];
  /** Values of acknowledged records, in the order of writing. */
  readonly written: string[] = [];
  failedConnects = 0;
  /** One for each request; a request without one is acknowledged. */
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

/** An error as a broker reports it through kafkajs, whose retries are off. */
export function kafkaError(type: string): Error {
  const cause = Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
  if (type === 'MESSAGE_TOO_LARGE') return cause;
  return Object.assign(new Error(type, { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' });
}
