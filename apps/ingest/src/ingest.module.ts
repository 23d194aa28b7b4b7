import {
  RefusedWebhooksStore,
  createSecretBox,
  webhookCredentialsFromEnvironment,
  WebhookCredentialsRegistry,
  WebhookCredentialsStore,
} from '@app/integrations';
import {
  connectKafka,
  RecordProducer,
  topicCreator,
  topicNames,
  topicSpecs,
  writeOutcomes,
} from '@app/kafka';
import { connectRedis, type Logger, Readiness, type RedisClient } from '@app/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { type IngestConfig } from './ingest.config';
import { OutcomeReporter } from './outcome-reporter';
import { RefusalFilter } from './refusal.filter';
import { BodyBudget, budgetBytes } from './request-body';
import { WEBHOOK_ENDPOINT, WebhookController, type WebhookEndpoint } from './webhook.controller';

const REDIS = Symbol('REDIS');

@Module({ controllers: [WebhookController] })
export class IngestModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    @Inject(WebhookCredentialsRegistry) private readonly credentials: WebhookCredentialsRegistry,
    @Inject(OutcomeReporter) private readonly reporter: OutcomeReporter,
    @Inject(REDIS) private readonly redis: RedisClient,
    private readonly readiness: Readiness,
  ) {}

  static with(config: IngestConfig, logger: Logger): DynamicModule {
    const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
    const kafka = connectKafka(config, 'ingest', logger);
    const specs = topicSpecs(topics, config);
    const producer = new RecordProducer(kafka, logger, {
      // RevenueCat needs a response in time. A record that is written later is a duplicate, which the ledger recognizes.
      deadlineMs: config.INGEST_PRODUCE_TIMEOUT,
      onMissingTopic: topicCreator(kafka, (topic) => specs.find((spec) => spec.topic === topic)),
    });
    const redis = connectRedis(config, logger);
    const credentials = credentialsRegistry(config, redis, logger);
    const reporter = new OutcomeReporter(new RefusedWebhooksStore(redis), logger);
    const endpoint: WebhookEndpoint = {
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
    };
    return {
      module: IngestModule,
      providers: [
        { provide: RecordProducer, useValue: producer },
        { provide: WebhookCredentialsRegistry, useValue: credentials },
        { provide: OutcomeReporter, useValue: reporter },
        { provide: REDIS, useValue: redis },
        { provide: WEBHOOK_ENDPOINT, useValue: endpoint },
        { provide: APP_FILTER, useClass: RefusalFilter },
      ],
    };
  }

  /** Starts without waiting: without Kafka, webhooks get 503; without Redis, the credentials of the environment apply. */
  onApplicationBootstrap(): void {
    void this.producer.connect();
    this.credentials.start();
    this.reporter.start();
    this.readiness.require('kafka', this.producer.problem);
  }

  async onApplicationShutdown(): Promise<void> {
    this.credentials.stop();
    this.reporter.stop();
    this.redis.disconnect();
    await this.producer.disconnect();
  }
}

function credentialsRegistry(
  config: IngestConfig,
  redis: RedisClient,
  logger: Logger,
): WebhookCredentialsRegistry {
  const own = webhookCredentialsFromEnvironment(config);
  const ofDefault =
    own ?? (config.WEBHOOK_ALLOW_ANYONE ? { authorizations: [], signingSecrets: [] } : undefined);
  const box = createSecretBox(config);
  return new WebhookCredentialsRegistry(
    new Map(ofDefault === undefined ? [] : [[config.PROJECT_ID, ofDefault]]),
    box && new WebhookCredentialsStore(redis, box),
    logger,
  );
}
