import {
  createWebhookCredentialsStore,
  webhookCredentialsFromEnvironment,
  WebhookCredentialsRegistry,
} from '@app/integrations';
import { type Logger, type RedisClient } from '@app/platform';
import { type IngestConfig } from './ingest.config';
import { reportEndpoints } from './ingest.metrics';

/** The webhook credentials of all projects. WEBHOOK_ALLOW_ANYONE applies if the environment has none. */
export function createCredentialsRegistry(
  config: IngestConfig,
  redis: RedisClient,
  logger: Logger,
): WebhookCredentialsRegistry {
  const own = webhookCredentialsFromEnvironment(config);
  const ofDefault =
    own ?? (config.WEBHOOK_ALLOW_ANYONE ? { authorizations: [], signingSecrets: [] } : undefined);
  return new WebhookCredentialsRegistry(
    new Map(ofDefault === undefined ? [] : [[config.PROJECT_ID, ofDefault]]),
    createWebhookCredentialsStore(config, redis),
    logger,
    reportEndpoints,
  );
}
