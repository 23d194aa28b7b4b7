import { LOGGER, type Logger, Readiness, REDIS, type RedisClient } from '@app/platform';
import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { createRegistry } from './from-settings';
import { type IntegrationConfig, type PartitionConfig } from './integration-config';
import { IntegrationRegistry } from './integration-registry';

/** The current integrations. The start of the app waits until they were read once. */
@Module({})
export class IntegrationsModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly integrations: IntegrationRegistry,
    private readonly readiness: Readiness,
  ) {}

  static with(config: IntegrationConfig & PartitionConfig, redis: DynamicModule): DynamicModule {
    return {
      module: IntegrationsModule,
      imports: [redis],
      providers: [
        {
          provide: IntegrationRegistry,
          useFactory: (client: RedisClient, logger: Logger) => createRegistry(config, client, logger),
          inject: [REDIS, LOGGER],
        },
      ],
      exports: [IntegrationRegistry],
    };
  }

  /** Before any module waits, so that an app that waits can report why. */
  onModuleInit(): void {
    this.readiness.require('integrations', () => this.integrations.problem);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.integrations.start();
  }

  onApplicationShutdown(): void {
    this.integrations.stop();
  }
}
