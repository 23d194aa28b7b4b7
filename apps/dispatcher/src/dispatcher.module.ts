import { randomBytes } from 'node:crypto';
import { RedisLedger } from '@app/delivery';
import { createRegistry, IntegrationRegistry } from '@app/integrations';
import {
  BatchConsumerStrategy,
  connectKafka,
  GroupBacklog,
  ParkedTopics,
  RecordProducer,
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
import { StatsigClient } from '@app/statsig';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Couriers } from './couriers';
import { type DispatchPorts } from './dispatch.stage';
import { dispatchPolicy } from './dispatch-policy';
import { type DispatcherConfig } from './dispatcher.config';
import { DISPATCH_PORTS, DispatcherController } from './dispatcher.controller';
import { ParkingLot } from './parking-lot';
import { ParkingTopics } from './parking-topics';
import { RequestLimiter } from './request-limiter';

const REDIS = Symbol('REDIS');
type Redis = ReturnType<typeof connectRedis>;

const metricsIntervalMs = 1_000;
/** Receipts are in no hurry, and offsets may follow a little later. */
const receiptLingerMs = 10;

/** Wall-clock milliseconds that never jump, whatever is done to the machine's clock meanwhile. */
const steadyNowMs = (): number => performance.timeOrigin + performance.now();

@Module({ controllers: [DispatcherController] })
export class DispatcherModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private metricsTimer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(IntegrationRegistry) private readonly integrations: IntegrationRegistry,
    @Inject(BatchConsumerStrategy) private readonly consumer: BatchConsumerStrategy,
    @Inject(StatsigClient) private readonly statsig: StatsigClient,
    @Inject(Couriers) private readonly couriers: Couriers,
    @Inject(GroupBacklog) private readonly backlog: GroupBacklog,
    @Inject(ParkingTopics) private readonly parkingTopics: ParkingTopics,
    private readonly readiness: Readiness,
  ) {}

  static with(config: DispatcherConfig, logger: Logger): DynamicModule {
    const kafka = connectKafka(config, 'dispatcher', logger);
    const redis = connectRedis(config, logger);
    const producer = new RecordProducer(kafka, logger, { ifUnconfirmed: 'retry', lingerMs: receiptLingerMs });
    const integrations = createRegistry(config, redis, logger);
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const statsig = new StatsigClient({
      webhookUrl: config.STATSIG_BASE_URL,
      webhookPath: config.STATSIG_WEBHOOK_PATH,
      eventsUrl: config.STATSIG_EVENTS_URL,
      connections: config.STATSIG_MAX_IN_FLIGHT,
      connectTimeoutMs: config.STATSIG_CONNECT_TIMEOUT_MS,
      headersTimeoutMs: config.STATSIG_ANSWER_TIMEOUT_MS,
      bodyTimeoutMs: config.STATSIG_BODY_TIMEOUT_MS,
    });
    const token = randomBytes(9).toString('base64url');
    const ledger = new RedisLedger(redis, token, {
      leaseMs: config.LEASE_MS,
      windowMs: config.DEDUPLICATION_WINDOW_MS,
    });
    const groupId = `${config.KAFKA_TOPIC_PREFIX}dispatcher`;
    const consumer = new BatchConsumerStrategy({
      kafka,
      topicPrefix: config.KAFKA_TOPIC_PREFIX,
      groupId,
      coPartitioned: true,
      overlapping: true,
      maxBatchRecords: 1_000,
      maxUnsettledRecords: config.DISPATCHER_UNSETTLED_RECORDS,
      maxUnsettledBytes: config.DISPATCHER_UNSETTLED_BYTES,
      commitIntervalMs: 500,
      onFatal: (error) => stopAndAlert(logger, error),
      logger,
    });
    const parkedTopics = new ParkedTopics(kafka, topics, config.TOPIC_PARKED_RETENTION_MS);
    const parkingTopics = new ParkingTopics(topics, parkedTopics, integrations, consumer, logger);
    const backlog = new GroupBacklog(kafka, groupId);
    const followed = (): readonly string[] => parkingTopics.followed;
    const parking = new ParkingLot({ producer, backlog, topics, followed, token, logger });
    const couriers = new Couriers(
      {
        ledger,
        statsig,
        limiter: new RequestLimiter(redis),
        producer,
        topics,
        policy: dispatchPolicy(config),
        parking: (projectId) => (parkingTopics.isFor(projectId) ? parking : undefined),
        nowMs: steadyNowMs,
        logger,
      },
      integrations,
      { records: config.DISPATCHER_UNSETTLED_RECORDS, bytes: config.DISPATCHER_UNSETTLED_BYTES },
    );
    const ports: DispatchPorts = { couriers, parking, producer, topics, nowMs: steadyNowMs };
    return {
      module: DispatcherModule,
      providers: [
        { provide: RecordProducer, useValue: producer },
        { provide: REDIS, useValue: redis },
        { provide: IntegrationRegistry, useValue: integrations },
        { provide: BatchConsumerStrategy, useValue: consumer },
        { provide: StatsigClient, useValue: statsig },
        { provide: Couriers, useValue: couriers },
        { provide: GroupBacklog, useValue: backlog },
        { provide: ParkingTopics, useValue: parkingTopics },
        { provide: DISPATCH_PORTS, useValue: ports },
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
    await this.parkingTopics.start();
    this.metricsTimer = setInterval(() => {
      this.couriers.reportMetrics();
    }, metricsIntervalMs);
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.metricsTimer);
    this.integrations.stop();
    await this.producer.disconnect();
    await this.backlog.close();
    await this.statsig.close();
    this.redis.disconnect();
  }
}
