import { RevenueCatClient, WebhooksApi } from '@app/revenuecat-api';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type ConsoleConfig } from '../console.config';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { WebhookEndpoints } from '../integrations/webhook-endpoints';
import { RevenueCatWebhooksController } from './revenuecat-webhooks.controller';
import { WebhookSetup } from './webhook-setup';

/** Less than the timeout of the CLI, for three requests after another. */
const timeoutMs = 6_000;

/** Sets up and checks the webhooks of projects in RevenueCat. */
@Module({ controllers: [RevenueCatWebhooksController] })
export class RevenueCatWebhooksModule implements OnApplicationShutdown {
  constructor(private readonly client: RevenueCatClient) {}

  static with(config: ConsoleConfig, imports: DynamicModule[]): DynamicModule {
    return {
      module: RevenueCatWebhooksModule,
      imports,
      providers: [
        { provide: RevenueCatClient, useFactory: () => new RevenueCatClient(config.REVENUECAT_API_URL) },
        {
          provide: WebhookSetup,
          useFactory: (
            client: RevenueCatClient,
            integrations: IntegrationDirectory,
            endpoints: WebhookEndpoints,
          ) =>
            new WebhookSetup(integrations, endpoints, new WebhooksApi(client, timeoutMs), {
              defaultProjectId: config.PROJECT_ID,
              apiUrl: config.REVENUECAT_API_URL,
            }),
          inject: [RevenueCatClient, IntegrationDirectory, WebhookEndpoints],
        },
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
