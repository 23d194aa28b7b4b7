import { RejectedWebhooksStore, WebhookCredentialsRegistry } from '@app/integrations';
import { KAFKA_TOPICS, KafkaModule, RecordProducer, type TopicNames, writeOutcomes } from '@app/kafka';
import { LOGGER, type Logger, REDIS, type RedisClient, RedisModule } from '@app/platform';
import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { createCredentialsRegistry } from './credentials-registry';
import { type IngestConfig } from './ingest.config';
import { OutcomeReporter } from './outcome-reporter';
import { RejectionFilter } from './rejection.filter';
import { BodyBudget, budgetBytes } from './request-body';
import { WEBHOOK_ENDPOINT, WebhookController, type WebhookEndpoint } from './webhook.controller';

/** Starts without waiting: without Kafka, webhooks get 503; without Redis, the credentials of the environment apply. */
@Module({ controllers: [WebhookController] })
export class IngestModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly credentials: WebhookCredentialsRegistry,
    private readonly reporter: OutcomeReporter,
  ) {}

  static with(config: IngestConfig): DynamicModule {
    const redis = RedisModule.with(config, { isRequired: false });
    const kafka = KafkaModule.with(config, {
      clientId: 'ingest',
      // RevenueCat needs a response in time. A record that is written later is a duplicate, which the ledger recognizes.
      producer: { deadlineMs: config.INGEST_PRODUCE_TIMEOUT },
      readinessCheck: 'kafka',
      waitsAtStart: false,
    });
    return {
      module: IngestModule,
      // In the order of the start; they stop in reverse.
      imports: [redis, kafka],
      providers: [
        {
          provide: WebhookCredentialsRegistry,
          useFactory: (client: RedisClient, logger: Logger) =>
            createCredentialsRegistry(config, client, logger),
          inject: [REDIS, LOGGER],
        },
        {
          provide: OutcomeReporter,
          useFactory: (client: RedisClient, logger: Logger) =>
            new OutcomeReporter(new RejectedWebhooksStore(client), logger),
          inject: [REDIS, LOGGER],
        },
        {
          provide: WEBHOOK_ENDPOINT,
          useFactory: (
            credentials: WebhookCredentialsRegistry,
            reporter: OutcomeReporter,
            producer: RecordProducer,
            topics: TopicNames,
            logger: Logger,
          ): WebhookEndpoint => ({
            ports: {
              endpoints: credentials,
              defaultProjectId: config.PROJECT_ID,
              signatureToleranceMs: config.WEBHOOK_SIGNATURE_TOLERANCE,
              maxBytes: config.WEBHOOK_MAX_BYTES,
              topics,
              writeEvent: (record) => producer.send([record]),
              writeDeadLetter: (record) => writeOutcomes(producer, [record], logger),
            },
            reporter,
            signatureHeaders: config.WEBHOOK_SIGNATURE_HEADERS,
            budgets: {
              authorized: new BodyBudget(budgetBytes.authorized),
              unauthorized: new BodyBudget(budgetBytes.unauthorized),
            },
          }),
          inject: [WebhookCredentialsRegistry, OutcomeReporter, RecordProducer, KAFKA_TOPICS, LOGGER],
        },
        { provide: APP_FILTER, useClass: RejectionFilter },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.credentials.start();
    this.reporter.start();
  }

  onApplicationShutdown(): void {
    this.credentials.stop();
    this.reporter.stop();
  }
}
