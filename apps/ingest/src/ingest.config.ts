import { projectConfig, secretBoxConfig, webhookConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import {
  count,
  duration,
  flag,
  list,
  maxTimer,
  platformConfig,
  port,
  redisConfig,
  tracingConfig,
} from '@app/platform';
import { z } from 'zod';
import { budgetBytes } from './request-body';

export const ingestConfig = z
  .object({
    ...platformConfig,
    ...tracingConfig,
    ...kafkaConfig,
    ...topicConfig,
    ...redisConfig,
    ...secretBoxConfig,
    ...projectConfig,
    ...webhookConfig,
    INGEST_PORT: port(8080).describe('Port of the webhook endpoint'),
    WEBHOOK_SIGNATURE_HEADERS: list()
      .transform((names) => names.map((name) => name.toLowerCase()))
      .prefault('X-RevenueCat-Webhook-Signature, X-RevenueCat-Signature')
      .describe('Headers that may hold the signature, comma-separated; RevenueCat publishes both of these'),
    WEBHOOK_SIGNATURE_TOLERANCE: duration('5m').describe(
      'Maximum difference between the timestamp of a signature and the clock',
    ),
    WEBHOOK_ALLOW_ANYONE: flag(false).describe(
      'Accept events of the default project without credentials; for development only',
    ),
    WEBHOOK_MAX_BYTES: count(1024 * 1024, 1, budgetBytes.unauthorized).describe(
      'Maximum size of a request body, before and after decompression',
    ),
    WEBHOOK_MAX_CONNECTIONS: count(4_096).describe(
      'Maximum number of concurrent connections; further ones are closed',
    ),
    INGEST_PRODUCE_TIMEOUT: duration('4500ms', { max: maxTimer }).describe(
      'Produce timeout; after it ingest responds with 503, so that RevenueCat sends the event again',
    ),
  })
  .refine(
    (config) =>
      config.WEBHOOK_ALLOW_ANYONE ||
      config.SETTINGS_ENCRYPTION_KEY.length > 0 ||
      config.WEBHOOK_AUTHORIZATION !== undefined ||
      config.WEBHOOK_SIGNING_SECRET !== undefined,
    {
      path: ['WEBHOOK_AUTHORIZATION'],
      message:
        "Set this or WEBHOOK_SIGNING_SECRET to the value in RevenueCat's dashboard, or set SETTINGS_ENCRYPTION_KEY to use the credentials that the console stores in Redis. Otherwise no event can be accepted.",
    },
  );

export type IngestConfig = z.output<typeof ingestConfig>;
