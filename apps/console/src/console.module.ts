import { ProfileStore } from '@app/identity';
import { integrationOfEnvironment, IntegrationStore, SecretBox } from '@app/integrations';
import {
  BatchConsumerStrategy,
  connectKafka,
  ConsumerLagReader,
  ensureTopics,
  RecordProducer,
  topicConfig,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import {
  connectRedis,
  type Logger,
  readConfig,
  Readiness,
  type RedisClient,
  redisReadiness,
  stopAndAlert,
} from '@app/platform';
import { StatsigClient } from '@app/statsig';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { z } from 'zod';
import { AuditController } from './audit/audit.controller';
import { AuditLog } from './audit/audit-log';
import { AuditTrail } from './audit/audit-trail';
import { AccessGuard } from './auth/access.guard';
import { SessionController } from './auth/session.controller';
import { type ConsoleConfig } from './console.config';
import { CustomersController } from './customers/customers.controller';
import { Customers } from './customers/customers';
import { DeadLettersController } from './dead-letters/dead-letters.controller';
import { DeadLetters } from './dead-letters/dead-letters';
import { Redrives } from './dead-letters/redrives';
import { EventDetails } from './events/event-details';
import { EventList } from './events/event-list';
import { EventsController } from './events/events.controller';
import { IntegrationsController } from './integrations/integrations.controller';
import { KnownIntegrations } from './integrations/known-integrations';
import { Backlog } from './overview/backlog';
import { FlowOverTime } from './overview/flow-over-time';
import { OverviewController } from './overview/overview.controller';
import { openReadModel } from './read-model/open-read-model';
import { ReadModel } from './read-model/read-model';
import { ReadModelController } from './read-model/read-model.controller';
import { Retention } from './read-model/retention';
import { RetentionTimer } from './read-model/retention-timer';
import { CONSOLE_CONFIG, KAFKA_TOPICS, REDIS } from './tokens';

const statsigLimits = { connections: 4, connectTimeoutMs: 3_000, timeoutMs: 10_000 };

@Module({
  controllers: [
    SessionController,
    OverviewController,
    IntegrationsController,
    CustomersController,
    EventsController,
    DeadLettersController,
    AuditController,
    ReadModelController,
  ],
})
export class ConsoleModule
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    @Inject(REDIS) private readonly redis: RedisClient,
    @Inject(BatchConsumerStrategy) private readonly consumer: BatchConsumerStrategy,
    @Inject(ConsumerLagReader) private readonly lag: ConsumerLagReader,
    @Inject(StatsigClient) private readonly statsig: StatsigClient,
    private readonly model: ReadModel,
    private readonly retention: RetentionTimer,
    private readonly readiness: Readiness,
  ) {}

  /** Waits for Kafka: what the read model holds depends on which one it is. */
  static async with(config: ConsoleConfig, logger: Logger): Promise<DynamicModule> {
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const kafka = connectKafka(config, 'console', logger);
    await ensureTopics(kafka, [auditTopic(config)]);
    const lag = new ConsumerLagReader(kafka);
    await lag.connect();
    const options = { topics, defaultProjectId: config.PROJECT_ID };
    const model = await openReadModel(config.CONSOLE_DATABASE, options, lag, logger);
    const redis = connectRedis(config, logger);
    const producer = new RecordProducer(kafka, logger);
    const groupId = `${config.KAFKA_TOPIC_PREFIX}console-${model.db.id}`;
    const consumer = new BatchConsumerStrategy({
      kafka,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      groupId,
      positionOf: model.positions.of,
      overlapping: false,
      maxBatchRecords: 250,
      maxUnsettledRecords: 1_000,
      maxUnsettledBytes: 4 * 1024 * 1024,
      commitIntervalMs: 1_000,
      onFatal: (error) => stopAndAlert(logger, error),
      logger,
    });
    const deadLetters = new DeadLetters(model);
    const eventList = new EventList(model);
    const retention = new Retention(model.db, {
      keepMs: config.CONSOLE_KEEP_MS,
      keepEvents: config.CONSOLE_KEEP_EVENTS,
      keepDeadLettersMs: config.CONSOLE_KEEP_DEAD_LETTERS_MS,
      keepAuditMs: config.CONSOLE_KEEP_AUDIT_MS,
    });
    return {
      module: ConsoleModule,
      providers: [
        { provide: CONSOLE_CONFIG, useValue: config },
        { provide: KAFKA_TOPICS, useValue: topics },
        { provide: REDIS, useValue: redis },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe() },
        { provide: ReadModel, useValue: model },
        { provide: RecordProducer, useValue: producer },
        { provide: BatchConsumerStrategy, useValue: consumer },
        { provide: ConsumerLagReader, useValue: lag },
        { provide: StatsigClient, useValue: statsigClient(config) },
        { provide: RetentionTimer, useValue: new RetentionTimer(retention, logger) },
        { provide: AuditLog, useValue: new AuditLog(producer, topics, config) },
        { provide: AuditTrail, useValue: new AuditTrail(model) },
        { provide: KnownIntegrations, useValue: knownIntegrations(config, redis, model, logger) },
        { provide: EventList, useValue: eventList },
        { provide: EventDetails, useValue: new EventDetails(model) },
        { provide: Customers, useValue: new Customers(model, profiles(redis)) },
        { provide: DeadLetters, useValue: deadLetters },
        { provide: Redrives, useValue: new Redrives(deadLetters, producer, topics) },
        { provide: FlowOverTime, useValue: new FlowOverTime(model) },
        {
          provide: Backlog,
          useValue: new Backlog(lag, topics, { prefix: config.KAFKA_TOPIC_PREFIX, console: groupId }),
        },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.require('kafka-consumer', this.consumer.problem);
    this.readiness.require('kafka-producer', this.producer.problem);
    this.readiness.require('redis', redisReadiness(this.redis));
    await this.producer.connect();
    this.retention.start();
  }

  /** Ends the live tails, which would otherwise keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.model.changes.complete();
  }

  async onApplicationShutdown(): Promise<void> {
    this.retention.stop();
    await this.producer.disconnect();
    await this.lag.disconnect();
    await this.statsig.close();
    this.redis.disconnect();
    this.model.db.close();
  }
}

function auditTopic(config: ConsoleConfig) {
  const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
  const specs = topicSpecs(topics, {
    ...readConfig(z.object(topicConfig), {}),
    TOPIC_REPLICATION_FACTOR: config.TOPIC_REPLICATION_FACTOR,
    TOPIC_MIN_INSYNC_REPLICAS: config.TOPIC_MIN_INSYNC_REPLICAS,
  });
  const audit = specs.find(({ topic }) => topic === topics.audit);
  if (audit === undefined) throw new Error('the audit topic has no spec');
  return audit;
}

function statsigClient(config: ConsoleConfig): StatsigClient {
  return new StatsigClient({
    webhookUrl: config.STATSIG_BASE_URL,
    webhookPath: config.STATSIG_WEBHOOK_PATH,
    eventsUrl: config.STATSIG_EVENTS_URL,
    ...statsigLimits,
  });
}

function knownIntegrations(
  config: ConsoleConfig,
  redis: RedisClient,
  model: ReadModel,
  logger: Logger,
): KnownIntegrations {
  const key = config.SETTINGS_ENCRYPTION_KEY;
  const store =
    key === undefined ? undefined : new IntegrationStore(redis, new SecretBox(Buffer.from(key, 'base64')));
  return new KnownIntegrations(integrationOfEnvironment(config), store, model, logger);
}

/** Looking at a customer keeps the ways to the profile for as long as an event would. */
function profiles(redis: RedisClient): ProfileStore {
  return new ProfileStore(redis, { ttlMs: 400 * 86_400_000 });
}
