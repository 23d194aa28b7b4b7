import { type Logger, type RedisClient } from '@app/platform';
import { type IntegrationConfig, integrationOfEnvironment } from './integration-config';
import { IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { SecretBox } from './secret-box';

/** The integrations of an app, from its environment and, where there is a key to open them, from Redis. */
export function createRegistry(
  config: IntegrationConfig,
  redis: RedisClient,
  logger: Logger,
): IntegrationRegistry {
  const key = config.SETTINGS_ENCRYPTION_KEY;
  const store =
    key === undefined ? undefined : new IntegrationStore(redis, new SecretBox(Buffer.from(key, 'base64')));
  return new IntegrationRegistry(integrationOfEnvironment(config), store, logger);
}
