import { randomUUID } from 'node:crypto';
import { RejectedWebhooksStore } from '@app/integrations';
import { ConsumerLagReader, KAFKA_TOPICS, KafkaClient, KafkaMonitor, type TopicNames } from '@app/kafka';
import { LOGGER, type Logger, REDIS, type RedisClient } from '@app/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type ConsoleConfig, isLoopback } from '../console.config';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { consumerGroup } from '../read-model/consumers';
import { ReadModel } from '../read-model/read-model';
import { ChannelClient } from './channel-client';
import { ChannelStore } from './channel-store';
import { NotificationChannels } from './notification-channels';
import { NotificationChannelsController } from './notification-channels.controller';
import { NotificationMonitor } from './notification-monitor';
import { NotificationQueue } from './notification-queue';
import { NotificationSender } from './notification-sender';
import { NotificationTimer } from './notification-timer';
import { observe } from './observer';
import { ReadModelProgress } from './read-model-progress';

const evaluationIntervalMs = 10_000;
const sendIntervalMs = 1_000;
const OBSERVE = Symbol('OBSERVE');
const TIMERS = Symbol('NOTIFICATION_TIMERS');

type Observe = ConstructorParameters<typeof NotificationMonitor>[0];

/** Notifies channels of changes of state. Without SETTINGS_ENCRYPTION_KEY, no channel can exist, and nothing is evaluated. */
@Module({ controllers: [NotificationChannelsController] })
export class NotificationsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(TIMERS) private readonly timers: readonly NotificationTimer[],
    private readonly client: ChannelClient,
  ) {}

  static with(config: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    const allowsLoopback = isLoopback(config.HOST);
    return {
      module: NotificationsModule,
      imports,
      providers: [
        { provide: ChannelClient, useFactory: () => new ChannelClient(allowsLoopback) },
        {
          provide: NotificationQueue,
          useFactory: (redis: RedisClient) => new NotificationQueue(redis, randomUUID()),
          inject: [REDIS],
        },
        {
          provide: NotificationSender,
          useFactory: (queue: NotificationQueue, client: ChannelClient, logger: Logger) =>
            new NotificationSender(queue, client, config.CONSOLE_PUBLIC_URL, logger),
          inject: [NotificationQueue, ChannelClient, LOGGER],
        },
        {
          provide: NotificationChannels,
          useFactory: (
            store: ChannelStore | undefined,
            queue: NotificationQueue,
            sender: NotificationSender,
          ) => new NotificationChannels(store, queue, sender, allowsLoopback),
          inject: [ChannelStore, NotificationQueue, NotificationSender],
        },
        {
          provide: OBSERVE,
          useFactory: (...ports: ObservedParts) => createObserve(config, ports),
          inject: [
            ...[KafkaClient, KAFKA_TOPICS, ReadModel, IntegrationDirectory, RejectedWebhooksStore],
            ...[KafkaMonitor, LOGGER],
          ],
        },
        {
          provide: TIMERS,
          useFactory: (channels: NotificationChannels, queue: NotificationQueue, ...rest: Evaluated) =>
            createTimers(config, channels, queue, rest),
          inject: [NotificationChannels, NotificationQueue, NotificationSender, OBSERVE, LOGGER],
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    for (const timer of this.timers) timer.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.timers.map((timer) => timer.stop()));
    await this.client.close();
  }
}

type ObservedParts = [
  KafkaClient,
  TopicNames,
  ReadModel,
  IntegrationDirectory,
  RejectedWebhooksStore,
  KafkaMonitor,
  Logger,
];

function createObserve(
  config: ConsoleConfig,
  [kafka, topics, model, integrations, rejected, monitor, logger]: ObservedParts,
): Observe {
  const { KAFKA_TOPIC_PREFIX: prefix, NOTIFICATION_SILENCE_AFTER: silenceAfterMs } = config;
  const { events, eventsDeadLetter, receipts, deliveriesDeadLetter } = topics;
  const progress = new ReadModelProgress(
    new ConsumerLagReader(kafka),
    model.positions,
    [events, eventsDeadLetter, receipts, deliveriesDeadLetter],
    (topic) => consumerGroup(prefix, model, topic),
  );
  const ports = { db: model.db, integrations, rejected, progress, monitor, silenceAfterMs, logger };
  return () => observe(ports, Date.now());
}

type Evaluated = [NotificationSender, Observe, Logger];

function createTimers(
  config: ConsoleConfig,
  { store }: NotificationChannels,
  queue: NotificationQueue,
  [sender, observeNow, logger]: Evaluated,
): NotificationTimer[] {
  if (store === undefined) return [];
  const settings = {
    retryingAfterMs: config.NOTIFICATION_RETRYING_AFTER,
    recoveredAfterMs: config.NOTIFICATION_RECOVERED_AFTER,
    silenceAfterMs: config.NOTIFICATION_SILENCE_AFTER,
  };
  const monitor = new NotificationMonitor(observeNow, store, queue, settings, logger);
  return [
    new NotificationTimer(() => monitor.evaluate(), evaluationIntervalMs, logger),
    new NotificationTimer(
      async (signal) => sender.sendDue(await store.list(), signal),
      sendIntervalMs,
      logger,
    ),
  ];
}
