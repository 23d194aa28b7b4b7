import { randomUUID } from 'node:crypto';
import { RejectedWebhooksStore } from '@app/integrations';
import { KAFKA_TOPICS, KafkaClient, KafkaMonitor } from '@app/kafka';
import { LOGGER, type Logger, REDIS, type RedisClient } from '@app/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type ConsoleConfig, isLoopback } from '../console.config';
import { withinDeadline } from '../http/deadline';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { ReadModel } from '../read-model/read-model';
import { ChannelClient } from './channel-client';
import { ChannelStore } from './channel-store';
import { createObserve, type ObservedParts } from './create-observe';
import { createTimers, type Evaluated } from './create-timers';
import { NotificationChannels } from './notification-channels';
import { NotificationChannelsController } from './notification-channels.controller';
import { NotificationQueue } from './notification-queue';
import { NotificationSender } from './notification-sender';
import { type NotificationTimer } from './notification-timer';

const OBSERVE = Symbol('OBSERVE');
const TIMERS = Symbol('NOTIFICATION_TIMERS');

/** Notifies channels of changes of state. Without SETTINGS_ENCRYPTION_KEY, no channel can exist, and nothing is evaluated. */
@Module({ controllers: [NotificationChannelsController] })
export class NotificationsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(TIMERS) private readonly timers: readonly NotificationTimer[],
    private readonly queue: NotificationQueue,
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
    // Without Redis, another console continues when the lease of this one has expired.
    await withinDeadline('Redis', this.queue.resign()).catch(() => undefined);
    await this.client.close();
  }
}
