import { lookupConfig, profileConfig } from '@app/identity';
import { integrationConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { count, platformConfig, port, redisConfig, tracingConfig } from '@app/platform';
import { z } from 'zod';

export const mapperConfig = z.object({
  ...platformConfig,
  ...tracingConfig,
  ...kafkaConfig,
  ...topicConfig,
  ...redisConfig,
  ...integrationConfig,
  MAPPER_PORT: port(8081).describe('Port of /health/live and /health/ready'),
  MAPPER_BATCH_RECORDS: count(500).describe('Maximum number of events in a batch'),
  ...profileConfig,
  ...lookupConfig,
});

export type MapperConfig = z.output<typeof mapperConfig>;
