import { LOGGER, type Logger, Readiness } from '@app/platform';
import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { connectKafka, KafkaClient } from './connect';
import { topicCreator } from './ensure-topics';
import { type KafkaConfig, type TopicConfig } from './kafka-config';
import { RecordProducer, type RecordProducerOptions } from './record-producer';
import { type ProjectPartitionCount, type TopicNames, topicNames, topicSpecOf } from './topics';

/** Injection token of the {@link TopicNames}. */
export const KAFKA_TOPICS = Symbol('KAFKA_TOPICS');
const KAFKA_OPTIONS = Symbol('KAFKA_OPTIONS');
const PROJECT_PARTITION_COUNT = Symbol('PROJECT_PARTITION_COUNT');

interface KafkaModuleOptions {
  clientId: string;
  producer: Omit<RecordProducerOptions, 'onMissingTopic'>;
  /** Name of the producer's readiness check. */
  readinessCheck: string;
  /** Whether the start of the app waits until Kafka responds. */
  waitsAtStart: boolean;
  /** Provides the partition counts of missing deliveries topics. Without it, only shared topics are created. */
  projectPartitionCount?: Pick<FactoryProvider<ProjectPartitionCount>, 'inject' | 'useFactory'>;
  /** Modules of the providers that `projectPartitionCount` injects. */
  imports?: ModuleMetadata['imports'];
}

/**
 * The Kafka client and the producer, which creates missing topics. The producer closes after every module that imports this one
 * has stopped.
 */
@Module({})
export class KafkaModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly producer: RecordProducer,
    @Inject(KAFKA_OPTIONS) private readonly options: KafkaModuleOptions,
    private readonly readiness: Readiness,
  ) {}

  static with(config: KafkaConfig & TopicConfig, options: KafkaModuleOptions): DynamicModule {
    return {
      module: KafkaModule,
      imports: options.imports ?? [],
      providers: [
        { provide: KAFKA_OPTIONS, useValue: options },
        { provide: KAFKA_TOPICS, useValue: topicNames(config.KAFKA_TOPIC_PREFIX) },
        {
          provide: KafkaClient,
          useFactory: (logger: Logger) => connectKafka(config, options.clientId, logger),
          inject: [LOGGER],
        },
        {
          provide: PROJECT_PARTITION_COUNT,
          ...(options.projectPartitionCount ?? { useFactory: () => () => undefined }),
        },
        {
          provide: RecordProducer,
          useFactory: (
            kafka: KafkaClient,
            topics: TopicNames,
            partitionCount: ProjectPartitionCount,
            logger: Logger,
          ) =>
            new RecordProducer(kafka, logger, {
              ...options.producer,
              onMissingTopic: topicCreator(kafka, (topic) =>
                topicSpecOf(topic, topics, config, partitionCount),
              ),
            }),
          inject: [KafkaClient, KAFKA_TOPICS, PROJECT_PARTITION_COUNT, LOGGER],
        },
      ],
      exports: [KafkaClient, KAFKA_TOPICS, RecordProducer],
    };
  }

  /** Before any module waits, so that an app that waits can report why. */
  onModuleInit(): void {
    this.readiness.require(this.options.readinessCheck, this.producer.problem);
  }

  async onApplicationBootstrap(): Promise<void> {
    const connected = this.producer.connect();
    if (this.options.waitsAtStart) await connected;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.disconnect();
  }
}
