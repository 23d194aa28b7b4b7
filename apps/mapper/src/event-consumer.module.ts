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
import { IntegrationLookup } from './integration-lookup';
import { KnownTopics } from './known-topics';
import { type MapperConfig } from './mapper.config';
import { DeferredProjects } from './deferred-projects';

/** The consumer of events, and what makes the events of a project wait. */
@Module({
  providers: [
    {
      provide: KnownTopics,
      useFactory: (kafka: KafkaClient, logger: Logger) => new KnownTopics(new ExistingTopics(kafka), logger),
      inject: [KafkaClient, LOGGER],
    },
    {
      provide: IntegrationLookup,
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
        const lookup = new IntegrationLookup(integrations, hasTopic, rereadLeft, logger);
        knownTopics.onRefresh(() => {
          lookup.recheck();
        });
        return lookup;
      },
      inject: [IntegrationRegistry, KnownTopics, BatchConsumerStrategy, KAFKA_TOPICS, LOGGER],
    },
    {
      provide: DeferredProjects,
      useFactory: (
        lookup: IntegrationLookup,
        integrations: IntegrationRegistry,
        producer: RecordProducer,
        logger: Logger,
      ) => new DeferredProjects({ lookup, integrations, producer, logger }),
      inject: [IntegrationLookup, IntegrationRegistry, RecordProducer, LOGGER],
    },
  ],
  exports: [IntegrationLookup, DeferredProjects],
})
export class EventConsumerModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly consumer: BatchConsumerStrategy,
    private readonly knownTopics: KnownTopics,
    private readonly deferred: DeferredProjects,
    private readonly readiness: Readiness,
  ) {}

  static with(config: MapperConfig, kafka: DynamicModule, integrations: DynamicModule): DynamicModule {
    return {
      module: EventConsumerModule,
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
    this.deferred.close();
    this.knownTopics.close();
  }
}
