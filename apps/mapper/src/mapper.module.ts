import { CustomerLookup, ProfileStore, RevenueCatApi } from '@app/identity';
import { createRegistry, IntegrationRegistry } from '@app/integrations';
import {
  BatchConsumerStrategy,
  connectKafka,
  deliveriesTopic,
  ExistingTopics,
  RecordProducer,
  topicCreator,
  topicNames,
} from '@app/kafka';
import {
  connectRedis,
  type Logger,
  Readiness,
  redisReadiness,
  requireSuitableRedis,
  stopAndAlert,
} from '@app/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { IntegrationLatch } from './integration-latch';
import { KnownTopics } from './known-topics';
import { type MapperConfig } from './mapper.config';
import { MAPPER_PORTS, MapperController } from './mapper.controller';
import { type MapperPorts } from './mapper.stage';
import { OutcomeReporter } from './outcome-reporter';
import { ProjectHolds } from './project-holds';
import { topicSpecOf } from './topic-spec';

const REDIS = Symbol('REDIS');
type Redis = ReturnType<typeof connectRedis>;

/** Allowance for what a record contains besides key, value and headers. */
const recordOverheadBytes = 64 * 1024;
/** Maximum size of unacknowledged events, which all partitions share. */
const maxUnackedBytes = 6 * 1024 * 1024;
/** A project whose deliveries are not written within this time is held if those of other projects are. */
const writeDeadlineMs = 15_000;

@Module({ controllers: [MapperController] })
export class MapperModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(RevenueCatApi) private readonly revenueCat: RevenueCatApi,
    @Inject(IntegrationRegistry) private readonly integrations: IntegrationRegistry,
    @Inject(BatchConsumerStrategy) private readonly consumer: BatchConsumerStrategy,
    @Inject(KnownTopics) private readonly knownTopics: KnownTopics,
    @Inject(ProjectHolds) private readonly holds: ProjectHolds,
    private readonly readiness: Readiness,
  ) {}

  static with(config: MapperConfig, logger: Logger): DynamicModule {
    const kafka = connectKafka(config, 'mapper', logger);
    const redis = connectRedis(config, logger);
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const integrations = createRegistry(config, redis, logger);
    const producer = new RecordProducer(kafka, logger, {
      deadlineMs: writeDeadlineMs,
      onMissingTopic: topicCreator(kafka, (topic) => topicSpecOf(topic, topics, config, integrations)),
    });
    const revenueCat = new RevenueCatApi(config.REVENUECAT_API_URL);
    const consumer = new BatchConsumerStrategy({
      kafka,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      groupOf: () => `${config.KAFKA_TOPIC_PREFIX}mapper`,
      concurrentBatches: false,
      maxBatchRecords: config.MAPPER_BATCH_RECORDS,
      maxUnackedBytes: () => maxUnackedBytes,
      commitIntervalMs: 1_000,
      onFatal: (error) => stopAndAlert(logger, error),
      logger,
    });
    const rereadLeft = (): void => {
      consumer.rereadLeft();
    };
    const existingTopics = new ExistingTopics(kafka);
    const knownTopics: KnownTopics = new KnownTopics(
      existingTopics,
      () => {
        latch.recheck();
      },
      logger,
    );
    const latch = new IntegrationLatch(
      integrations,
      (projectId) => knownTopics.has(deliveriesTopic(topics, projectId)),
      rereadLeft,
      logger,
    );
    const holds = new ProjectHolds({ latch, integrations, producer, logger });
    const ports: MapperPorts = {
      profiles: new ProfileStore(redis, { ttlMs: config.PROFILE_TTL }),
      lookup: new CustomerLookup(
        redis,
        revenueCat,
        { timeoutMs: config.REVENUECAT_LOOKUP_TIMEOUT, absentMs: config.REVENUECAT_ABSENT_TTL },
        logger,
      ),
      integrations: latch,
      holds,
      reporter: new OutcomeReporter(logger),
      producer,
      topics,
      maxRecordBytes: config.TOPIC_MAX_MESSAGE_BYTES - recordOverheadBytes,
      defaultProjectId: config.PROJECT_ID,
      nowMs: Date.now,
      logger,
    };
    return {
      module: MapperModule,
      providers: [
        { provide: RecordProducer, useValue: producer },
        { provide: REDIS, useValue: redis },
        { provide: RevenueCatApi, useValue: revenueCat },
        { provide: IntegrationRegistry, useValue: integrations },
        { provide: BatchConsumerStrategy, useValue: consumer },
        { provide: KnownTopics, useValue: knownTopics },
        { provide: ProjectHolds, useValue: holds },
        { provide: MAPPER_PORTS, useValue: ports },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.require('kafka-consumer', this.consumer.problem);
    this.readiness.require('kafka-producer', this.producer.problem);
    this.readiness.require('redis', redisReadiness(this.redis));
    this.readiness.require('integrations', () => this.integrations.problem);
    await requireSuitableRedis(this.redis);
    await this.producer.connect();
    await this.integrations.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.integrations.stop();
    this.holds.close();
    this.knownTopics.close();
    await this.producer.disconnect();
    await this.revenueCat.close();
    this.redis.disconnect();
  }
}
