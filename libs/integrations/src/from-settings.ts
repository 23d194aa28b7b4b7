import { type Logger, type RedisClient } from '@app/platform';
import {
  type IntegrationConfig,
  integrationFromEnvironment,
  type PartitionConfig,
} from './integration-config';
import { IntegrationRegistry } from './integration-registry';
import { IntegrationStore } from './integration-store';
import { createSecretBox, type SecretBoxConfig } from './secret-box-config';
import { WebhookCredentialsStore } from './webhooks/webhook-credentials-store';

/** The integrations of an app, from its environment and from Redis. */
export function createRegistry(
  config: IntegrationConfig & PartitionConfig,
  redis: RedisClient,
  logger: Logger,
): IntegrationRegistry {
  return new IntegrationRegistry(
    integrationFromEnvironment(config),
    createIntegrationStore(config, redis),
    logger,
  );
}

/** The integrations in Redis, encrypted with SETTINGS_ENCRYPTION_KEY if it is set. */
export function createIntegrationStore(config: SecretBoxConfig, redis: RedisClient): IntegrationStore {
  return new IntegrationStore(redis, createSecretBox(config));
}

/** The webhook credentials in Redis; undefined without SETTINGS_ENCRYPTION_KEY. */
export function createWebhookCredentialsStore(
  config: SecretBoxConfig,
  redis: RedisClient,
): WebhookCredentialsStore | undefined {
  const box = createSecretBox(config);
  return box && new WebhookCredentialsStore(redis, box);
}
