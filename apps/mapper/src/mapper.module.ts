import { CustomerLookup, IdentityModule, ProfileStore } from '@app/identity';
import { IntegrationRegistry, IntegrationsModule } from '@app/integrations';
import { KAFKA_TOPICS, KafkaModule, RecordProducer, type TopicNames } from '@app/kafka';
import { LOGGER, type Logger, RedisModule, requireSuitableRedis } from '@app/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { EventConsumerModule } from './event-consumer.module';
import { IntegrationLookup } from './integration-lookup';
import { type MapperConfig } from './mapper.config';
import { MAPPER_PORTS, MapperController } from './mapper.controller';
import { type MapperPorts } from './mapper.stage';
import { OutcomeReporter } from './outcome-reporter';
import { DeferredProjects } from './deferred-projects';

/** Allowance for what a record contains besides key, value and headers. */
const recordOverheadBytes = 64 * 1024;
/** A project whose deliveries are not written within this time is deferred if those of other projects are. */
const writeDeadlineMs = 15_000;

@Module({ controllers: [MapperController] })
export class MapperModule {
  static with(config: MapperConfig): DynamicModule {
    const redis = RedisModule.with(config, { isRequired: true, waitAtStart: requireSuitableRedis });
    const integrations = IntegrationsModule.with(config, redis);
    const kafka = KafkaModule.with(config, {
      clientId: 'mapper',
      producer: { deadlineMs: writeDeadlineMs },
      readinessCheck: 'kafka-producer',
      waitsAtStart: true,
      imports: [integrations],
      projectPartitionCount: {
        useFactory: (registry: IntegrationRegistry) => (projectId: string) =>
          registry.get(projectId)?.partitions,
        inject: [IntegrationRegistry],
      },
    });
    return {
      module: MapperModule,
      imports: [
        kafka,
        IdentityModule.with(config, redis),
        EventConsumerModule.with(config, kafka, integrations),
      ],
      providers: [
        {
          provide: MAPPER_PORTS,
          useFactory: (
            profiles: ProfileStore,
            lookup: CustomerLookup,
            integrationLookup: IntegrationLookup,
            deferred: DeferredProjects,
            producer: RecordProducer,
            topics: TopicNames,
            logger: Logger,
          ): MapperPorts => ({
            profiles,
            lookup,
            integrations: integrationLookup,
            deferred,
            reporter: new OutcomeReporter(logger),
            producer,
            topics,
            maxRecordBytes: config.TOPIC_MAX_MESSAGE_BYTES - recordOverheadBytes,
            defaultProjectId: config.PROJECT_ID,
            nowMs: Date.now,
            logger,
          }),
          inject: [
            ProfileStore,
            CustomerLookup,
            IntegrationLookup,
            DeferredProjects,
            RecordProducer,
            KAFKA_TOPICS,
            LOGGER,
          ],
        },
      ],
    };
  }
}
