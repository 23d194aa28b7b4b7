import {
  createIntegrationStore,
  createWebhookCredentialsStore,
  integrationFromEnvironment,
  webhookCredentialsFromEnvironment,
} from '@app/integrations';
import { KAFKA_TOPICS, KafkaClient, type TopicNames } from '@app/kafka';
import { REDIS, type RedisClient } from '@app/platform';
import { StatsigClient } from '@app/statsig';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { ChannelStore, createChannelStore } from '../notifications/channel-store';
import { ReadModel } from '../read-model/read-model';
import { IntegrationDirectory } from './integration-directory';
import { IntegrationsController } from './integrations.controller';
import { createProjectPartitions, ProjectPartitions } from './project-partitions';
import { WebhookCredentialsController } from './webhook-credentials.controller';
import { WebhookEndpoints } from './webhook-endpoints';

const statsigLimits = { connections: 4, connectTimeoutMs: 3_000, timeoutMs: 10_000 };

/** Changes integrations and webhook credentials, and tests them. */
@Module({
  controllers: [IntegrationsController, WebhookCredentialsController],
  exports: [ChannelStore, IntegrationDirectory, ProjectPartitions, StatsigClient],
})
export class IntegrationAdminModule implements OnApplicationShutdown {
  constructor(private readonly statsig: StatsigClient) {}

  static with(config: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: IntegrationAdminModule,
      imports,
      providers: [
        { provide: CONSOLE_CONFIG, useValue: config },
        {
          provide: StatsigClient,
          useFactory: () =>
            new StatsigClient({
              webhookUrl: config.STATSIG_BASE_URL,
              webhookPath: config.STATSIG_WEBHOOK_PATH,
              eventsUrl: config.STATSIG_EVENTS_URL,
              ...statsigLimits,
            }),
        },
        {
          provide: WebhookEndpoints,
          useFactory: (redis: RedisClient) => {
            const credentials = webhookCredentialsFromEnvironment(config);
            return new WebhookEndpoints(
              credentials && { projectId: config.PROJECT_ID, credentials },
              createWebhookCredentialsStore(config, redis),
              config.INGEST_PUBLIC_URL,
            );
          },
          inject: [REDIS],
        },
        {
          provide: IntegrationDirectory,
          useFactory: (redis: RedisClient, webhooks: WebhookEndpoints, model: ReadModel) => {
            const store = createIntegrationStore(config, redis);
            return new IntegrationDirectory(
              integrationFromEnvironment(config),
              store.hasKey ? store : undefined,
              webhooks,
              model,
            );
          },
          inject: [REDIS, WebhookEndpoints, ReadModel],
        },
        {
          provide: ChannelStore,
          useFactory: (redis: RedisClient) => createChannelStore(config, redis),
          inject: [REDIS],
        },
        {
          provide: ProjectPartitions,
          useFactory: (kafka: KafkaClient, topics: TopicNames, redis: RedisClient) =>
            createProjectPartitions(config, kafka, topics, redis),
          inject: [KafkaClient, KAFKA_TOPICS, REDIS],
        },
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.statsig.close();
  }
}
