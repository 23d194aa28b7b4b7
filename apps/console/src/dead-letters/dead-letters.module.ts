import { KAFKA_TOPICS, RecordProducer, type TopicNames } from '@app/kafka';
import { type DynamicModule, Module } from '@nestjs/common';
import { type ConsoleConfig } from '../console.config';
import { ProjectPartitions } from '../integrations/project-partitions';
import { DeadLetters } from './dead-letters';
import { DeadLettersController } from './dead-letters.controller';
import { Redrives } from './redrives';

@Module({ controllers: [DeadLettersController], providers: [DeadLetters], exports: [DeadLetters] })
export class DeadLettersModule {
  static with(config: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: DeadLettersModule,
      imports,
      providers: [
        {
          provide: Redrives,
          useFactory: (
            deadLetters: DeadLetters,
            producer: RecordProducer,
            topics: TopicNames,
            projects: ProjectPartitions,
          ) =>
            new Redrives(deadLetters, producer, async () => ({
              topics,
              defaultProjectId: config.PROJECT_ID,
              partitions: await projects.partitions(),
            })),
          inject: [DeadLetters, RecordProducer, KAFKA_TOPICS, ProjectPartitions],
        },
      ],
    };
  }
}
