import {
  ExistingTopics,
  KAFKA_TOPICS,
  KafkaClient,
  KafkaMonitor,
  kafkaMonitor,
  type TopicNames,
} from '@app/kafka';
import { LOGGER, type Logger } from '@app/platform';
import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type ConsoleConfig } from '../console.config';
import { consumerGroup } from '../read-model/consumers';
import { ReadModel } from '../read-model/read-model';
import { MonitoredGroups } from './monitored-groups';

/** Reads the backlogs and topic settings of the whole pipeline, and exports them as metrics. */
@Module({})
export class MonitoringModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly monitor: KafkaMonitor) {}

  static with({ KAFKA_TOPIC_PREFIX: prefix }: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: MonitoringModule,
      imports,
      exports: [KafkaMonitor],
      providers: [
        {
          provide: KafkaMonitor,
          useFactory: (kafka: KafkaClient, topics: TopicNames, model: ReadModel, logger: Logger) => {
            const console = (topic: string): string => consumerGroup(prefix, model, topic);
            const groups = new MonitoredGroups(new ExistingTopics(kafka), topics, { prefix, console });
            return kafkaMonitor(kafka, groups.list, logger);
          },
          inject: [KafkaClient, KAFKA_TOPICS, ReadModel, LOGGER],
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.monitor.start();
  }

  onApplicationShutdown(): void {
    this.monitor.close();
  }
}
