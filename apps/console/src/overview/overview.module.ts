import { RejectedWebhooksStore } from '@app/integrations';
import { ConsumerLagReader, ExistingTopics, KAFKA_TOPICS, KafkaClient, type TopicNames } from '@app/kafka';
import { REDIS, type RedisClient } from '@app/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { type ConsoleConfig } from '../console.config';
import { consumerGroup } from '../read-model/consumers';
import { ReadModel } from '../read-model/read-model';
import { Backlog } from './backlog';
import { FlowOverTime } from './flow-over-time';
import { OverviewController } from './overview.controller';

@Module({
  controllers: [OverviewController],
  providers: [
    FlowOverTime,
    {
      provide: RejectedWebhooksStore,
      useFactory: (redis: RedisClient) => new RejectedWebhooksStore(redis),
      inject: [REDIS],
    },
  ],
})
export class OverviewModule {
  static with({ KAFKA_TOPIC_PREFIX: prefix }: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: OverviewModule,
      imports,
      exports: [RejectedWebhooksStore],
      providers: [
        {
          provide: Backlog,
          useFactory: (kafka: KafkaClient, topics: TopicNames, model: ReadModel) =>
            new Backlog(new ConsumerLagReader(kafka), new ExistingTopics(kafka), topics, {
              prefix,
              console: (topic) => consumerGroup(prefix, model, topic),
            }),
          inject: [KafkaClient, KAFKA_TOPICS, ReadModel],
        },
      ],
    };
  }
}
