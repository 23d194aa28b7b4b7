import { IntegrationsModule } from '@app/integrations';
import {
  ExistingTopics,
  KAFKA_TOPICS,
  KafkaClient,
  KafkaModule,
  refreshOffsets,
  type TopicNames,
} from '@app/kafka';
import { LOGGER, type Logger, RedisModule, requireSuitableRedis } from '@app/platform';
import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type DispatcherConfig } from './dispatcher.config';
import { monotonicMs } from './project-dispatcher-factory';
import { ProjectDispatchers } from './project-dispatchers';
import { ProjectDispatchersModule } from './project-dispatchers.module';
import { UnreadProjects } from './unread-projects';

/** Receipts, and the offsets that follow them, are not urgent, so they wait for larger requests. */
const receiptLingerMs = 10;

@Module({})
export class DispatcherModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly unreadProjects: UnreadProjects) {}

  static with(config: DispatcherConfig): DynamicModule {
    const redis = RedisModule.with(config, { isRequired: true, waitAtStart: requireSuitableRedis });
    const kafka = KafkaModule.with(config, {
      clientId: 'dispatcher',
      producer: { lingerMs: receiptLingerMs },
      readinessCheck: 'kafka-producer',
      waitsAtStart: true,
    });
    const integrations = IntegrationsModule.with(config, redis);
    return {
      module: DispatcherModule,
      imports: [kafka, ProjectDispatchersModule.with(config, [redis, kafka, integrations])],
      providers: [
        {
          provide: UnreadProjects,
          useFactory: (
            client: KafkaClient,
            dispatchers: ProjectDispatchers,
            topics: TopicNames,
            logger: Logger,
          ) =>
            new UnreadProjects({
              existingTopics: new ExistingTopics(client),
              refreshOffsets: ({ groupId, topic }) => refreshOffsets(client, groupId, topic),
              isServed: (projectId) => dispatchers.runs(projectId),
              topics,
              topicPrefix: config.KAFKA_TOPIC_PREFIX,
              nowMs: monotonicMs,
              logger,
            }),
          inject: [KafkaClient, ProjectDispatchers, KAFKA_TOPICS, LOGGER],
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.unreadProjects.start();
  }

  onApplicationShutdown(): void {
    this.unreadProjects.close();
  }
}
