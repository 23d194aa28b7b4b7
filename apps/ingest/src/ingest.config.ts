import { kafkaConfig, topicConfig } from '@app/kafka';
import { count, flag, list, platformConfig, port, secret } from '@app/platform';
import { z } from 'zod';

export const ingestConfig = z
  .object({
    ...platformConfig,
    ...kafkaConfig,
    ...topicConfig,
    INGEST_PORT: port(8080).describe('Port of the webhook door'),
    PROJECT_ID: z.string().default('default').describe('Project of the door that names none'),
    WEBHOOK_AUTHORIZATION: secret(
      list()
        .default([])
        .describe(
          'Authorization values that RevenueCat may send, comma-separated: several while you change them',
        ),
    ),
    WEBHOOK_SIGNING_SECRETS: secret(
      list()
        .default([])
        .describe('Secrets that sign RevenueCat’s webhooks, comma-separated: several while you change them'),
    ),
    WEBHOOK_SIGNATURE_HEADER: z
      .string()
      .toLowerCase()
      .default('x-revenuecat-webhook-signature')
      .describe('Header of the signature'),
    WEBHOOK_SIGNATURE_TOLERANCE_MS: count(300_000).describe('Oldest signature that is taken'),
    WEBHOOK_ALLOW_ANYONE: flag(false).describe('Take events without any credentials: for trying out only'),
    WEBHOOK_MAX_BYTES: count(1024 * 1024).describe('Largest body that is taken as an event'),
    PRODUCE_TIMEOUT_MS: count(4_500).describe(
      'How long Kafka may take before RevenueCat is told to try again',
    ),
  })
  .refine(
    ({ WEBHOOK_AUTHORIZATION, WEBHOOK_SIGNING_SECRETS, WEBHOOK_ALLOW_ANYONE }) =>
      WEBHOOK_ALLOW_ANYONE || WEBHOOK_AUTHORIZATION.length + WEBHOOK_SIGNING_SECRETS.length > 0,
    {
      path: ['WEBHOOK_AUTHORIZATION'],
      message:
        'Set this or WEBHOOK_SIGNING_SECRETS, as in RevenueCat’s dashboard: without either, anybody could send events.',
    },
  );

export type IngestConfig = z.output<typeof ingestConfig>;
