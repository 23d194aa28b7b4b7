import { connectKafka, RecordProducer, topicCreator, topicNames, topicSpecs } from '@app/kafka';
import { type Logger, Readiness } from '@app/platform';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { type IngestConfig } from './ingest.config';
import { type IngestPorts } from './ingest.stage';
import { INGEST_PORTS, WEBHOOK_DOOR, WebhookController, type WebhookDoor } from './webhook.controller';

@Module({ controllers: [WebhookController] })
export class IngestModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(RecordProducer) private readonly producer: RecordProducer,
    private readonly readiness: Readiness,
  ) {}

  static with(config: IngestConfig, logger: Logger): DynamicModule {
    const kafka = connectKafka(config, 'ingest', logger);
    const specs = topicSpecs(topicNames(config.KAFKA_TOPIC_PREFIX), config);
    const producer = new RecordProducer(kafka, logger, {
      // RevenueCat must have a response; what is written later is a repeat, found as such.
      deadlineMs: config.PRODUCE_TIMEOUT_MS,
      onMissingTopic: topicCreator(kafka, (topic) => specs.find((spec) => spec.topic === topic)),
    });
    const ports: IngestPorts = {
      credentials: {
        authorizations: config.WEBHOOK_AUTHORIZATION,
        signingSecrets: config.WEBHOOK_SIGNING_SECRETS,
        toleranceMs: config.WEBHOOK_SIGNATURE_TOLERANCE_MS,
      },
      maxBytes: config.WEBHOOK_MAX_BYTES,
      topics: topicNames(config.KAFKA_TOPIC_PREFIX),
      produce: (records) => producer.send(records),
    };
    const door: WebhookDoor = {
      defaultProjectId: config.PROJECT_ID,
      signatureHeader: config.WEBHOOK_SIGNATURE_HEADER,
    };
    return {
      module: IngestModule,
      providers: [
        { provide: RecordProducer, useValue: producer },
        { provide: INGEST_PORTS, useValue: ports },
        { provide: WEBHOOK_DOOR, useValue: door },
      ],
    };
  }

  /** Does not wait for Kafka: without it the door answers 503, which RevenueCat understands. */
  onApplicationBootstrap(): void {
    void this.producer.connect();
    this.readiness.require('kafka', this.producer.problem);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.disconnect();
  }
}
