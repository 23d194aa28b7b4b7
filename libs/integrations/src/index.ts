export { createRegistry } from './create-registry';
export { defaultEventTypes, isSelected } from './domain/event-selection';
export {
  type Integration,
  type IntegrationInput,
  integrationSchema,
  projectIdSchema,
} from './domain/integration';
export { type IntegrationState } from './domain/integration-snapshot';
export { type AttributeTreatment, type Privacy, sensitiveAttributes, treatAttribute } from './domain/privacy';
export { type IntegrationConfig, integrationConfig, integrationOfEnvironment } from './integration-config';
export { IntegrationRegistry } from './integration-registry';
export { IntegrationStore } from './integration-store';
export { forgetProjectPartitions, type ProjectPartitions, readProjectPartitions } from './project-partitions';
export { SecretBox, SecretBoxError } from './secret-box';
