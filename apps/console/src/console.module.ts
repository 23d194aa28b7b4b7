import { readProfile } from '@app/identity';
import {
  integrationFromEnvironment,
  IntegrationStore,
  RefusedWebhooksStore,
  createSecretBox,
  webhookCredentialsFromEnvironment,
  WebhookCredentialsStore,
} from '@app/integrations';
import {
  BatchConsumer,
  BatchConsumerStrategy,
  connectKafka,
  ConsumerLagReader,
  deliveriesTopicSpec,
  ensureTopics,
  ExistingTopics,
  KafkaMonitor,
  kafkaMonitor,
  projectOfDeliveriesTopic,
  ReconciledMap,
  RecordProducer,
  type TopicNames,
  topicNames,
  type TopicSpec,
  topicSpecs,
} from '@app/kafka';
import {
  connectRedis,
  type Logger,
  Readiness,
  type RedisClient,
  redisReadiness,
  redisReady,
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
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditController } from './audit/audit.controller';
import { AuditLog } from './audit/audit-log';
import { AuditTrail } from './audit/audit-trail';
import { AccessControl } from './auth/access-control';
import { FailedSignIns } from './auth/failed-sign-ins';
import { SessionController } from './auth/session.controller';
import { Sessions } from './auth/sessions';
import { type ConsoleConfig } from './console.config';
import { CustomersController } from './customers/customers.controller';
import { Customers } from './customers/customers';
import { DeadLettersController } from './dead-letters/dead-letters.controller';
import { DeadLetters } from './dead-letters/dead-letters';
import { Redrives } from './dead-letters/redrives';
import { EventDetails } from './events/event-details';
import { EventList } from './events/event-list';
import { EventsController } from './events/events.controller';
import { UnavailableFilter } from './http/unavailable.filter';
import { IntegrationsController } from './integrations/integrations.controller';
import { IntegrationDirectory } from './integrations/integration-directory';
import { ProjectPartitions } from './integrations/project-partitions';
import { WebhookCredentialsController } from './integrations/webhook-credentials.controller';
import { WebhookEndpoints } from './integrations/webhook-endpoints';
import { Backlog } from './overview/backlog';
import { FlowOverTime } from './overview/flow-over-time';
import { MonitoredGroups } from './overview/monitored-groups';
import { OverviewController } from './overview/overview.controller';
import { DeliveriesTopics } from './read-model/deliveries-topics';
import { Erasure } from './read-model/erasure';
import { openReadModel } from './read-model/open-read-model';
import { ReadModel } from './read-model/read-model';
import { ReadModelController } from './read-model/read-model.controller';
import { Retention } from './read-model/retention';
import { RetentionTimer } from './read-model/retention-timer';
import { CONSOLE_CONFIG, KAFKA_TOPICS, REDIS } from './tokens';

/** Maximum size of records read but not yet stored: per shared topic, and for all deliveries topics together. */
const maxUnackedBytes = 4 * 1024 * 1024;
/** Interval at which deliveries topics of new projects are looked for. */
const deliveriesIntervalMs = 5_000;
/** Maximum time that the start waits for Kafka. Without Kafka, the pages show what was read before. */
const kafkaAtStartMs = 10_000;
const redisAtStartMs = 2_000;
/** Maximum time that a redrive waits for Kafka. */
const produceDeadlineMs = 10_000;
const statsigLimits = { connections: 4, connectTimeoutMs: 3_000, timeoutMs: 10_000 };

@Module({
  controllers: [
    SessionController,
    OverviewController,
    IntegrationsController,
    WebhookCredentialsController,
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
    @Inject(ReconciledMap) private readonly deliveries: ReconciledMap<BatchConsumer>,
    @Inject(StatsigClient) private readonly statsig: StatsigClient,
    @Inject(KafkaMonitor) private readonly monitor: KafkaMonitor,
    private readonly model: ReadModel,
    private readonly retention: RetentionTimer,
    private readonly readiness: Readiness,
  ) {}

  /** Waits for Kafka up to a limit, because the read model is valid for one Kafka cluster only. */
  static async with(config: ConsoleConfig, logger: Logger): Promise<DynamicModule> {
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const kafka = connectKafka(config, 'console', logger);
    const lag = new ConsumerLagReader(kafka);
    const existing = new ExistingTopics(kafka);
    const options = { topics, defaultProjectId: config.PROJECT_ID, logger };
    const { events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit: auditTopic } = topics;
    const model = await openReadModel({
      file: config.CONSOLE_DATABASE,
      options,
      clusterState: async () => {
        await ensureTopics(kafka, sharedTopic(config, topics, auditTopic));
        return lag.clusterState([events, eventsDeadLetter, receipts, deliveriesDeadLetter, auditTopic]);
      },
      onMismatch: (problem) => stopAndAlert(logger, new Error(problem)),
      waitMs: kafkaAtStartMs,
      retryMs: deliveriesIntervalMs,
      logger,
    });
    const redis = connectRedis(config, logger, 'fail');
    const fromEnvironment = integrationFromEnvironment(config);
    const webhooks = webhookEndpoints(config, redis);
    const projects = new ProjectPartitions(lag, topics, fromEnvironment, redis);
    const producer = new RecordProducer(kafka, logger, {
      deadlineMs: produceDeadlineMs,
      onMissingTopic: async (topic) => {
        const projectId = projectOfDeliveriesTopic(topics, topic);
        const partitions = (await projects.partitions()).get(projectId ?? '');
        await ensureTopics(
          kafka,
          projectId === undefined || partitions === undefined
            ? sharedTopic(config, topics, topic)
            : [deliveriesTopicSpec(topics, config, projectId, partitions)],
        );
      },
    });
    const groupOf = (topic: string): string => `${config.KAFKA_TOPIC_PREFIX}console-${model.db.id}.${topic}`;
    const reading = {
      kafka,
      positionOf: model.positions.of,
      concurrentBatches: false,
      maxBatchRecords: 250,
      commitIntervalMs: 1_000,
      logger,
    };
    const consumer = new BatchConsumerStrategy({
      ...reading,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      groupOf,
      maxUnackedBytes: () => maxUnackedBytes,
      // Without Kafka, the pages show what was read before, so the process must not exit.
      joinsInBackground: true,
    });
    const deliveriesTopics = new DeliveriesTopics(topics, existing, lag, model.positions);
    const deliveries: ReconciledMap<BatchConsumer> = new ReconciledMap({
      wanted: () => deliveriesTopics.topicsToRead(),
      open: (topic) =>
        new BatchConsumer({
          ...reading,
          topic,
          groupId: groupOf(topic),
          maxUnackedBytes: () => maxUnackedBytes / Math.max(1, [...deliveries.entries()].length),
          handler: (batch) => {
            model.applyBatch(batch);
            return Promise.resolve();
          },
        }),
      intervalMs: deliveriesIntervalMs,
      logger,
    });
    const groups = { prefix: config.KAFKA_TOPIC_PREFIX, console: groupOf };
    const monitor = kafkaMonitor(kafka, new MonitoredGroups(existing, topics, groups).list, logger);
    const deadLetters = new DeadLetters(model);
    const eventList = new EventList(model);
    const sessions = new Sessions();
    const access = new AccessControl(config, sessions);
    const audit = new AuditLog(producer, topics, access, logger);
    const retention = new Retention(model, {
      keepMs: config.CONSOLE_RETENTION,
      keepEvents: config.CONSOLE_KEEP_EVENTS,
      keepBytes: config.CONSOLE_KEEP_BYTES,
      keepDeadLettersMs: config.CONSOLE_DEAD_LETTER_RETENTION,
      keepAuditMs: config.CONSOLE_AUDIT_RETENTION,
    });
    return {
      module: ConsoleModule,
      providers: [
        { provide: CONSOLE_CONFIG, useValue: config },
        { provide: KAFKA_TOPICS, useValue: topics },
        { provide: REDIS, useValue: redis },
        { provide: APP_FILTER, useClass: UnavailableFilter },
        { provide: Sessions, useValue: sessions },
        { provide: AccessControl, useValue: access },
        {
          provide: FailedSignIns,
          useValue: new FailedSignIns(config.CONSOLE_SIGN_INS_PER_MINUTE, audit, logger),
        },
        { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe() },
        { provide: ReadModel, useValue: model },
        { provide: RecordProducer, useValue: producer },
        { provide: BatchConsumerStrategy, useValue: consumer },
        { provide: ReconciledMap, useValue: deliveries },
        { provide: StatsigClient, useValue: statsigClient(config) },
        { provide: KafkaMonitor, useValue: monitor },
        {
          provide: RetentionTimer,
          useValue: new RetentionTimer(retention, new Erasure(model.db, model.forgotten), logger),
        },
        { provide: AuditLog, useValue: audit },
        { provide: AuditTrail, useValue: new AuditTrail(model) },
        { provide: WebhookEndpoints, useValue: webhooks },
        {
          provide: IntegrationDirectory,
          useValue: new IntegrationDirectory(
            fromEnvironment,
            integrationStore(config, redis),
            webhooks,
            model,
          ),
        },
        { provide: RefusedWebhooksStore, useValue: new RefusedWebhooksStore(redis) },
        { provide: ProjectPartitions, useValue: projects },
        { provide: EventList, useValue: eventList },
        { provide: EventDetails, useValue: new EventDetails(model) },
        {
          provide: Customers,
          useValue: new Customers(model, (project, id) => readProfile(redis, project, id)),
        },
        { provide: DeadLetters, useValue: deadLetters },
        {
          provide: Redrives,
          useValue: new Redrives(deadLetters, producer, async () => ({
            ...options,
            partitions: await projects.partitions(),
          })),
        },
        { provide: FlowOverTime, useValue: new FlowOverTime(model) },
        {
          provide: Backlog,
          useValue: new Backlog(lag, existing, topics, groups),
        },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.require('kafka-consumer', this.consumer.problem);
    this.readiness.require('kafka-producer', this.producer.problem);
    this.readiness.require('redis', redisReadiness(this.redis));
    // Waits only briefly: without Redis, requests report that it is unavailable.
    await redisReady(this.redis, redisAtStartMs).catch(() => undefined);
    void this.producer.connect();
    void this.deliveries.start();
    this.retention.start();
    this.monitor.start();
  }

  /** Ends the event streams, which would otherwise keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.model.changes.complete();
  }

  async onApplicationShutdown(): Promise<void> {
    this.retention.stop();
    this.monitor.close();
    await this.deliveries.close();
    await this.producer.disconnect();
    await this.statsig.close();
    this.redis.disconnect();
    this.model.db.close();
  }
}

function sharedTopic(config: ConsoleConfig, topics: TopicNames, name: string): TopicSpec[] {
  return topicSpecs(topics, config).filter(({ topic }) => topic === name);
}

function statsigClient(config: ConsoleConfig): StatsigClient {
  return new StatsigClient({
    webhookUrl: config.STATSIG_BASE_URL,
    webhookPath: config.STATSIG_WEBHOOK_PATH,
    eventsUrl: config.STATSIG_EVENTS_URL,
    ...statsigLimits,
  });
}

function integrationStore(config: ConsoleConfig, redis: RedisClient): IntegrationStore | undefined {
  const box = createSecretBox(config);
  return box === undefined ? undefined : new IntegrationStore(redis, box);
}

function webhookEndpoints(config: ConsoleConfig, redis: RedisClient): WebhookEndpoints {
  const credentials = webhookCredentialsFromEnvironment(config);
  const box = createSecretBox(config);
  return new WebhookEndpoints(
    credentials && { projectId: config.PROJECT_ID, credentials },
    box && new WebhookCredentialsStore(redis, box),
    config.INGEST_PUBLIC_URL,
  );
}
