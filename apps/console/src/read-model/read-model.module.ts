import {
  BatchConsumer,
  BatchConsumerStrategy,
  KAFKA_TOPICS,
  KafkaClient,
  ReconciledMap,
  type TopicNames,
} from '@app/kafka';
import { LOGGER, type Logger, Readiness } from '@app/platform';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type ConsoleConfig } from '../console.config';
import { createDeliveriesConsumers, createSharedConsumer } from './consumers';
import { openForCluster } from './open-for-cluster';
import { ReadModel } from './read-model';
import { ReadModelController } from './read-model.controller';
import { createRetentionTimer, RetentionTimer } from './retention-timer';

/** The contents of the topics, the consumers that read them, and their retention. */
@Module({ controllers: [ReadModelController], exports: [ReadModel] })
export class ReadModelModule
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly model: ReadModel,
    private readonly consumer: BatchConsumerStrategy,
    @Inject(ReconciledMap) private readonly deliveries: ReconciledMap<BatchConsumer>,
    private readonly retention: RetentionTimer,
    private readonly readiness: Readiness,
  ) {}

  static with(config: ConsoleConfig, kafka: DynamicModule): DynamicModule {
    const { KAFKA_TOPIC_PREFIX: prefix } = config;
    return {
      module: ReadModelModule,
      imports: [kafka],
      providers: [
        {
          provide: ReadModel,
          useFactory: (client: KafkaClient, topics: TopicNames, logger: Logger) =>
            openForCluster(config, client, topics, logger),
          inject: [KafkaClient, KAFKA_TOPICS, LOGGER],
        },
        {
          provide: BatchConsumerStrategy,
          useFactory: (client: KafkaClient, topics: TopicNames, model: ReadModel, logger: Logger) =>
            createSharedConsumer({ kafka: client, topics, prefix, model, logger }),
          inject: [KafkaClient, KAFKA_TOPICS, ReadModel, LOGGER],
        },
        {
          provide: ReconciledMap,
          useFactory: (client: KafkaClient, topics: TopicNames, model: ReadModel, logger: Logger) =>
            createDeliveriesConsumers({ kafka: client, topics, prefix, model, logger }),
          inject: [KafkaClient, KAFKA_TOPICS, ReadModel, LOGGER],
        },
        {
          provide: RetentionTimer,
          useFactory: (model: ReadModel, logger: Logger) => createRetentionTimer(config, model, logger),
          inject: [ReadModel, LOGGER],
        },
      ],
    };
  }

  onModuleInit(): void {
    this.readiness.require('kafka-consumer', this.consumer.problem);
  }

  onApplicationBootstrap(): void {
    void this.deliveries.start();
    this.retention.start();
  }

  /** Ends the event streams, which would otherwise keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.model.changes.complete();
  }

  async onApplicationShutdown(): Promise<void> {
    this.retention.stop();
    await this.deliveries.close();
    this.model.db.close();
  }
}
