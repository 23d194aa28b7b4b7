import { type Logger, type RedisClient } from '@app/platform';
import {
  type IntegrationConfig,
  integrationFromEnvironment,
  type PartitionConfig,
} from './integration-config';
import { IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { createSecretBox } from './secret-box-config';

/** The integrations of an app, from its environment and from Redis. */
export function createRegistry(
  config: IntegrationConfig & PartitionConfig,
  redis: RedisClient,
  logger: Logger,
): IntegrationRegistry {
  const store = new IntegrationStore(redis, createSecretBox(config));
  return new IntegrationRegistry(integrationFromEnvironment(config), store, logger);
}
