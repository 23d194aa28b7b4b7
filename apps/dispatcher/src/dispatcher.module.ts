import { randomBytes } from 'node:crypto';
import { RedisLedger } from '@app/delivery';
import { createRegistry, type Integration, IntegrationRegistry } from '@app/integrations';
import {
  BatchConsumer,
  connectKafka,
  deliveriesTopic,
  dispatcherGroup,
  ExistingTopics,
  RecordProducer,
  refreshOffsets,
  topicCreator,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import {
  connectRedis,
  type Logger,
  Readiness,
  type RedisClient,
  redisReadiness,
  requireSuitableRedis,
} from '@app/platform';
import { StatsigClient } from '@app/statsig';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { dispatchBatch } from './dispatch.stage';
import { dispatchPolicy } from './dispatch-policy';
import { type DispatcherConfig } from './dispatcher.config';
import { OutcomeWriter } from './outcome-writer';
import { ProjectDispatcher } from './project-dispatcher';
import { ProjectDispatchers } from './project-dispatchers';
import { RequestLimiter } from './request-limiter';
import { StatsigSender } from './statsig-sender';
import { UnreadProjects } from './unread-projects';

const REDIS = Symbol('REDIS');

const metricsIntervalMs = 1_000;
/** Receipts, and the offsets that follow them, are not urgent, so they wait for larger requests. */
const receiptLingerMs = 10;

/** Milliseconds that are unaffected by changes of the system clock. */
const monotonicMs = (): number => performance.now();

@Module({})
export class DispatcherModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private metricsTimer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    @Inject(REDIS) private readonly redis: RedisClient,
    @Inject(IntegrationRegistry) private readonly integrations: IntegrationRegistry,
    @Inject(ProjectDispatchers) private readonly dispatchers: ProjectDispatchers,
    @Inject(UnreadProjects) private readonly unreadProjects: UnreadProjects,
    private readonly readiness: Readiness,
  ) {}

  static with(config: DispatcherConfig, logger: Logger): DynamicModule {
    const kafka = connectKafka(config, 'dispatcher', logger);
    const redis = connectRedis(config, logger);
    const integrations = createRegistry(config, redis, logger);
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const sharedTopics = topicSpecs(topics, config);
    const producer = new RecordProducer(kafka, logger, {
      lingerMs: receiptLingerMs,
      onMissingTopic: topicCreator(kafka, (topic) => sharedTopics.find((spec) => spec.topic === topic)),
    });
    const ledger = new RedisLedger(redis, randomBytes(9).toString('base64url'), {
      leaseMs: config.DISPATCHER_LEASE,
      windowMs: config.DISPATCHER_DEDUPLICATION_WINDOW,
      onAmbiguous: config.DISPATCHER_ON_AMBIGUOUS,
    });
    const limiter = new RequestLimiter(redis);
    const policy = dispatchPolicy(config);
    const groupOf = (projectId: string): string => dispatcherGroup(config.KAFKA_TOPIC_PREFIX, projectId);

    const open = (projectId: string, integration: () => Integration | undefined): ProjectDispatcher => {
      const outcomes = new OutcomeWriter(projectId, producer, topics, logger);
      const statsig = new StatsigClient({
        webhookUrl: config.STATSIG_BASE_URL,
        webhookPath: config.STATSIG_WEBHOOK_PATH,
        eventsUrl: config.STATSIG_EVENTS_URL,
        connections: config.STATSIG_MAX_IN_FLIGHT,
        connectTimeoutMs: config.STATSIG_CONNECT_TIMEOUT,
        timeoutMs: config.STATSIG_REQUEST_TIMEOUT,
      });
      const sender = new StatsigSender(projectId, statsig, limiter, logger);
      const ports = { ledger, sender, outcomes, integration, policy, nowMs: monotonicMs, logger };
      const dispatcher = new ProjectDispatcher(projectId, ports);
      const consumer = new BatchConsumer({
        kafka,
        topic: deliveriesTopic(topics, projectId),
        groupId: groupOf(projectId),
        handler: (batch) => dispatchBatch(batch, { projectId, dispatcher, outcomes }),
        concurrentBatches: true,
        maxBatchRecords: 1_000,
        maxUnackedBytes: () => dispatchers.memoryShare(),
        onStall: () => {
          dispatcher.leaveBackingOff();
        },
        commitIntervalMs: 500,
        logger,
      });
      return dispatcher.readFrom(consumer);
    };
    const existingTopics = new ExistingTopics(kafka);
    const dispatchers = new ProjectDispatchers({
      integrations,
      existingTopics,
      topics,
      open,
      memoryBytes: config.DISPATCHER_MEMORY_BYTES,
      logger,
    });
    const unreadProjects = new UnreadProjects({
      existingTopics,
      refreshOffsets: ({ groupId, topic }) => refreshOffsets(kafka, groupId, topic),
      isServed: (projectId) => dispatchers.runs(projectId),
      topics,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      nowMs: monotonicMs,
      logger,
    });
    return {
      module: DispatcherModule,
      providers: [
        { provide: RecordProducer, useValue: producer },
        { provide: REDIS, useValue: redis },
        { provide: IntegrationRegistry, useValue: integrations },
        { provide: ProjectDispatchers, useValue: dispatchers },
        { provide: UnreadProjects, useValue: unreadProjects },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.require('kafka-consumer', this.dispatchers.problem);
    this.readiness.require('kafka-producer', this.producer.problem);
    this.readiness.require('redis', redisReadiness(this.redis));
    this.readiness.require('integrations', () => this.integrations.problem);
    await requireSuitableRedis(this.redis);
    await this.producer.connect();
    await this.integrations.start();
    await this.dispatchers.start();
    this.unreadProjects.start();
    this.metricsTimer = setInterval(() => {
      this.dispatchers.reportMetrics();
    }, metricsIntervalMs);
  }

  /** Stops the consumers first, because completing their events needs the producer and Redis. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.metricsTimer);
    this.unreadProjects.close();
    await this.dispatchers.close();
    this.integrations.stop();
    await this.producer.disconnect();
    this.redis.disconnect();
  }
}
