import { type Integration } from '@app/integrations';
import { type IntegrationHealth } from '../overview/integration-health';

/** An integration as people see it: of a secret, the last four characters. Field by field, so that no secret slips in. */
export interface IntegrationView extends IntegrationWithoutSecrets {
  /** Whether it can be changed here, or is set where the apps are started. */
  origin: 'console' | 'environment';
  serverSecretEnding: string;
  health: IntegrationHealth;
}

export interface IntegrationWithoutSecrets extends Pick<
  Integration,
  | 'projectId'
  | 'enabled'
  | 'format'
  | 'eventNames'
  | 'eventTypes'
  | 'includeSandbox'
  | 'sandboxTier'
  | 'identity'
  | 'customIds'
> {
  privacy: Omit<Integration['privacy'], 'salt'> & { hasSalt: boolean };
  /** Whether RevenueCat is asked about customers never seen before. */
  asksRevenueCat: boolean;
}

/** A secret that is hardly longer would be told by its ending. */
const leastLength = 10;

export function withoutSecrets(integration: Integration): IntegrationWithoutSecrets {
  const { attributes, sensitiveAttributes, otherAttributes, salt } = integration.privacy;
  return {
    projectId: integration.projectId,
    enabled: integration.enabled,
    format: integration.format,
    eventNames: integration.eventNames,
    eventTypes: integration.eventTypes,
    includeSandbox: integration.includeSandbox,
    sandboxTier: integration.sandboxTier,
    identity: integration.identity,
    customIds: integration.customIds,
    privacy: { attributes, sensitiveAttributes, otherAttributes, hasSalt: salt !== undefined },
    asksRevenueCat: integration.lookup !== undefined,
  };
}

export function viewOf(
  integration: Integration,
  origin: IntegrationView['origin'],
  health: IntegrationHealth,
): IntegrationView {
  const { serverSecret } = integration;
  return {
    ...withoutSecrets(integration),
    origin,
    serverSecretEnding: serverSecret.length < leastLength ? '' : serverSecret.slice(-4),
    health,
  };
}
