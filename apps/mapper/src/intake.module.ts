import { IntegrationRegistry } from '@app/integrations';
import {
  BatchConsumerStrategy,
  deliveriesTopic,
  ExistingTopics,
  KAFKA_TOPICS,
  KafkaClient,
  RecordProducer,
  type TopicNames,
} from '@app/kafka';
import { LOGGER, type Logger, Readiness } from '@app/platform';
import { type DynamicModule, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { createEventConsumer } from './event-consumer';
import { IntegrationLatch } from './integration-latch';
import { KnownTopics } from './known-topics';
import { type MapperConfig } from './mapper.config';
import { ProjectHolds } from './project-holds';

/** The consumer of events, and what makes the events of a project wait. */
@Module({
  providers: [
    {
      provide: KnownTopics,
      useFactory: (kafka: KafkaClient, logger: Logger) => new KnownTopics(new ExistingTopics(kafka), logger),
      inject: [KafkaClient, LOGGER],
    },
    {
      provide: IntegrationLatch,
      useFactory: (
        integrations: IntegrationRegistry,
        knownTopics: KnownTopics,
        consumer: BatchConsumerStrategy,
        topics: TopicNames,
        logger: Logger,
      ) => {
        const hasTopic = (projectId: string) => knownTopics.has(deliveriesTopic(topics, projectId));
        const rereadLeft = (): void => {
          consumer.rereadLeft();
        };
        const latch = new IntegrationLatch(integrations, hasTopic, rereadLeft, logger);
        knownTopics.onRefresh(() => {
          latch.recheck();
        });
        return latch;
      },
      inject: [IntegrationRegistry, KnownTopics, BatchConsumerStrategy, KAFKA_TOPICS, LOGGER],
    },
    {
      provide: ProjectHolds,
      useFactory: (
        latch: IntegrationLatch,
        integrations: IntegrationRegistry,
        producer: RecordProducer,
        logger: Logger,
      ) => new ProjectHolds({ latch, integrations, producer, logger }),
      inject: [IntegrationLatch, IntegrationRegistry, RecordProducer, LOGGER],
    },
  ],
  exports: [IntegrationLatch, ProjectHolds],
})
export class IntakeModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly consumer: BatchConsumerStrategy,
    private readonly knownTopics: KnownTopics,
    private readonly holds: ProjectHolds,
    private readonly readiness: Readiness,
  ) {}

  static with(config: MapperConfig, kafka: DynamicModule, integrations: DynamicModule): DynamicModule {
    return {
      module: IntakeModule,
      imports: [kafka, integrations],
      providers: [
        {
          provide: BatchConsumerStrategy,
          useFactory: (client: KafkaClient, logger: Logger) => createEventConsumer(config, client, logger),
          inject: [KafkaClient, LOGGER],
        },
      ],
    };
  }

  onModuleInit(): void {
    this.readiness.require('kafka-consumer', this.consumer.problem);
  }

  onApplicationShutdown(): void {
    this.holds.close();
    this.knownTopics.close();
  }
}
