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
  MAPPER_BATCH_RECORDS: count(500).describe('Maximum number of events in a batch'),
  REVENUECAT_API_URL: z
    .url()
    .default('https://api.revenuecat.com')
    .describe("Base URL of RevenueCat's REST API"),
  REVENUECAT_LOOKUP_TIMEOUT_MS: count(1_500).describe(
    'Timeout of the lookups of new customers in RevenueCat, per batch',
  ),
  REVENUECAT_ABSENT_TTL_MS: count(3_600_000).describe(
    'Retention of lookups that found no customer in RevenueCat',
  ),
  PROFILE_TTL_MS: count(400 * 86_400_000).describe('Retention of the profile of a customer without events'),
});

export type MapperConfig = z.output<typeof mapperConfig>;
