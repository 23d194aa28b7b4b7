export { defaultEventTypes, isSelected } from './domain/event-selection';
export { filterOf } from './domain/filters';
export {
  type Integration,
  type IntegrationInput,
  integrationSchema,
  projectIdSchema,
  unknownProject,
} from './domain/integration';
export {
  memberAt,
  namedSecretsOf,
  omitSecrets,
  restoreSecrets,
  secretPaths,
  secretsOf,
} from './domain/integration-secrets';
export { type IntegrationState } from './domain/integration-snapshot';
export {
  AuthorizationIndex,
  authorizationSchema,
  equalSecrets,
  generateAuthorization,
  signingSecretSchema,
  type WebhookCredentialKind,
  type WebhookCredentials,
  webhookPath,
  webhookUrls,
  withNewest,
  withoutNewest,
  withoutPrevious,
} from './domain/webhook-credentials';
export { userProperties, type UserProperty } from './domain/user-properties';
export { sensitiveAttributes, treatAttribute } from './domain/privacy';
export { savedIntegrationSchema } from './domain/saved-integration';
export { createIntegrationStore, createWebhookCredentialsStore } from './from-settings';
export { integrationConfig, integrationFromEnvironment, projectConfig } from './integration-config';
export { IntegrationRegistry } from './integration-registry';
export { IntegrationChangedError, IntegrationStore } from './integration-store';
export { IntegrationsModule } from './integrations.module';
export { forgetProjectPartitions, readProjectPartitions } from './project-partitions';
export { SecretBox, SecretBoxError } from './secret-box';
export { createSecretBox, type SecretBoxConfig, secretBoxConfig } from './secret-box-config';
export { type RejectedWebhooks, RejectedWebhooksStore } from './webhooks/rejected-webhooks';
export { ingestUrlConfig, webhookConfig, webhookCredentialsFromEnvironment } from './webhooks/webhook-config';
export { WebhookCredentialsRegistry } from './webhooks/webhook-credentials-registry';
export { WebhookCredentialsStore } from './webhooks/webhook-credentials-store';
