import { randomBytes } from 'node:crypto';
import { RedisLedger } from '@app/delivery';
import { IntegrationRegistry } from '@app/integrations';
import { ExistingTopics, KAFKA_TOPICS, KafkaClient, RecordProducer, type TopicNames } from '@app/kafka';
import { LOGGER, type Logger, Readiness, REDIS, type RedisClient } from '@app/platform';
import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type DispatcherConfig } from './dispatcher.config';
import { ProjectDispatcherFactory } from './project-dispatcher-factory';
import { ProjectDispatchers } from './project-dispatchers';
import { RequestLimiter } from './request-limiter';

const metricsIntervalMs = 1_000;

/** The consumers and dispatchers of all served projects. */
@Module({})
export class ProjectDispatchersModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private metricsTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dispatchers: ProjectDispatchers,
    private readonly readiness: Readiness,
  ) {}

  static with(config: DispatcherConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: ProjectDispatchersModule,
      imports,
      providers: [
        {
          provide: ProjectDispatcherFactory,
          useFactory: (
            kafka: KafkaClient,
            topics: TopicNames,
            producer: RecordProducer,
            redis: RedisClient,
            logger: Logger,
          ) => {
            const ledger = new RedisLedger(redis, randomBytes(9).toString('base64url'), {
              leaseMs: config.DISPATCHER_LEASE,
              windowMs: config.DISPATCHER_DEDUPLICATION_WINDOW,
              onAmbiguous: config.DISPATCHER_ON_AMBIGUOUS,
            });
            const limiter = new RequestLimiter(redis);
            return new ProjectDispatcherFactory(config, { kafka, topics, producer, ledger, limiter, logger });
          },
          inject: [KafkaClient, KAFKA_TOPICS, RecordProducer, REDIS, LOGGER],
        },
        {
          provide: ProjectDispatchers,
          useFactory: (
            integrations: IntegrationRegistry,
            kafka: KafkaClient,
            topics: TopicNames,
            factory: ProjectDispatcherFactory,
            logger: Logger,
          ) =>
            new ProjectDispatchers({
              integrations,
              existingTopics: new ExistingTopics(kafka),
              topics,
              open: factory.create,
              memoryBytes: config.DISPATCHER_MEMORY_BYTES,
              logger,
            }),
          inject: [IntegrationRegistry, KafkaClient, KAFKA_TOPICS, ProjectDispatcherFactory, LOGGER],
        },
      ],
      exports: [ProjectDispatchers],
    };
  }

  onModuleInit(): void {
    this.readiness.require('kafka-consumer', this.dispatchers.problem);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.dispatchers.start();
    this.metricsTimer = setInterval(() => {
      this.dispatchers.reportMetrics();
    }, metricsIntervalMs);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.metricsTimer);
    await this.dispatchers.close();
  }
}
