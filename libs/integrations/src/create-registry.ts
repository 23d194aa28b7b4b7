import { type Logger, type RedisClient } from '@app/platform';
import { type IntegrationConfig, integrationOfEnvironment, type PartitionConfig } from './integration-config';
import { IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { SecretBox } from './secret-box';

/** The integrations of an app, from its environment and from Redis. */
export function createRegistry(
  config: IntegrationConfig & PartitionConfig,
  redis: RedisClient,
  logger: Logger,
): IntegrationRegistry {
  const key = config.SETTINGS_ENCRYPTION_KEY;
  const box = key === undefined ? undefined : new SecretBox(Buffer.from(key, 'base64'));
  return new IntegrationRegistry(integrationOfEnvironment(config), new IntegrationStore(redis, box), logger);
}
