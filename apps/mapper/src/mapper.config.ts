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
  REVENUECAT_API_URL: z.url().default('https://api.revenuecat.com').describe("URL of RevenueCat's REST API"),
  REVENUECAT_LOOKUP_TIMEOUT_MS: count(1_500).describe(
    'Timeout for looking up all unknown customers of a batch in RevenueCat',
  ),
  REVENUECAT_ABSENT_TTL_MS: count(3_600_000).describe(
    'Time before a customer who is unknown to RevenueCat is looked up again',
  ),
  PROFILE_TTL_MS: count(400 * 86_400_000).describe(
    'Time after the last event for which a customer is remembered',
  ),
});

export type MapperConfig = z.output<typeof mapperConfig>;
