import { KAFKA_TOPICS, KafkaClient, KafkaModule, type TopicNames } from '@app/kafka';
import { InvalidRequestException, REDIS, type RedisClient, RedisModule, redisReady } from '@app/platform';
import { type DynamicModule, Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { type ConsoleConfig } from './console.config';
import { CustomersModule } from './customers/customers.module';
import { DeadLettersModule } from './dead-letters/dead-letters.module';
import { EventsModule } from './events/events.module';
import { UnavailableFilter } from './http/unavailable.filter';
import { IntegrationAdminModule } from './integrations/integration-admin.module';
import { createProjectPartitions } from './integrations/project-partitions';
import { MonitoringModule } from './monitoring/monitoring.module';
import { NotificationsModule } from './notifications/notifications.module';
import { OverviewModule } from './overview/overview.module';
import { PreviewModule } from './preview/preview.module';
import { ReadModelModule } from './read-model/read-model.module';

const redisAtStartMs = 2_000;
/** Maximum time that a redrive waits for Kafka. */
const produceDeadlineMs = 10_000;

/** The modules whose controllers make up the API. */
export const apiModules = [
  AuthModule,
  OverviewModule,
  IntegrationAdminModule,
  PreviewModule,
  CustomersModule,
  EventsModule,
  DeadLettersModule,
  NotificationsModule,
  AuditModule,
];

@Module({
  providers: [
    { provide: APP_FILTER, useClass: UnavailableFilter },
    {
      provide: APP_PIPE,
      useValue: new StandardSchemaValidationPipe({
        exceptionFactory: (issues) => new InvalidRequestException(issues),
      }),
    },
  ],
})
export class ConsoleModule {
  static with(config: ConsoleConfig): DynamicModule {
    const redis = RedisModule.with(config, {
      whenUnavailable: 'fail',
      isRequired: true,
      // Waits only briefly: without Redis, requests report that it is unavailable.
      waitAtStart: (client) => redisReady(client, redisAtStartMs).catch(() => undefined),
    });
    const kafka = KafkaModule.with(config, {
      clientId: 'console',
      producer: { deadlineMs: produceDeadlineMs },
      readinessCheck: 'kafka-producer',
      waitsAtStart: false,
      imports: [redis],
      projectPartitionCount: {
        useFactory: (kafka: KafkaClient, topics: TopicNames, redis: RedisClient) => {
          const projects = createProjectPartitions(config, kafka, topics, redis);
          return async (projectId: string) => (await projects.partitions()).get(projectId);
        },
        inject: [KafkaClient, KAFKA_TOPICS, REDIS],
      },
    });
    const readModel = ReadModelModule.with(config, kafka);
    const auth = AuthModule.with(config, kafka);
    const integrations = IntegrationAdminModule.with(config, [redis, kafka, readModel, auth]);
    const events = { module: EventsModule, imports: [kafka, readModel, auth] };
    const deadLetters = DeadLettersModule.with(config, [kafka, readModel, auth, integrations]);
    const overview = OverviewModule.with(config, [redis, kafka, readModel, integrations, deadLetters]);
    const monitoring = MonitoringModule.with(config, [kafka, readModel]);
    return {
      module: ConsoleModule,
      imports: [
        auth,
        overview,
        integrations,
        { module: PreviewModule, imports: [redis, events, integrations] },
        { module: CustomersModule, imports: [redis, readModel, events] },
        events,
        deadLetters,
        { module: AuditModule, imports: [readModel] },
        monitoring,
        NotificationsModule.with(config, [redis, kafka, readModel, auth, integrations, overview, monitoring]),
      ],
    };
  }
}
