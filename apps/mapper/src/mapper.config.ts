import { integrationConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { count, platformConfig, port, redisConfig } from '@app/platform';
import { z } from 'zod';

export const mapperConfig = z.object({
  ...platformConfig,
  ...kafkaConfig,
  ...topicConfig,
  ...redisConfig,
  ...integrationConfig,
  MAPPER_PORT: port(8081).describe('Port of health and metrics'),
  MAPPER_BATCH_RECORDS: count(500).describe('Maximum number of events that are mapped at once'),
  REVENUECAT_API_URL: z
    .url()
    .default('https://api.revenuecat.com')
    .describe('Where RevenueCat’s REST API is'),
  REVENUECAT_LOOKUP_TIMEOUT_MS: count(1_500).describe(
    'Longest wait of a batch for what RevenueCat tells of customers never seen before',
  ),
  REVENUECAT_ABSENT_TTL_MS: count(3_600_000).describe(
    'How long it is remembered that RevenueCat does not know somebody',
  ),
  PROFILE_TTL_MS: count(400 * 86_400_000).describe('How long a customer without events is remembered'),
});

export type MapperConfig = z.output<typeof mapperConfig>;
