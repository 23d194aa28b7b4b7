import { hash } from 'node:crypto';
import { type Integration } from '@app/integrations';
import {
  type IntegrationHealth,
  type IntegrationWithoutSecrets,
  type ReadyIntegration,
  type UnreadableIntegration,
} from '../../api/integrations';
import { type WebhookView } from '../../api/webhooks';

/** The ending of a shorter secret would reveal too much of it. */
const minSecretLength = 10;

export function withoutSecrets(integration: Integration): IntegrationWithoutSecrets {
  const { lookup, privacy } = integration;
  return {
    projectId: integration.projectId,
    enabled: integration.enabled,
    format: integration.format,
    eventNames: integration.eventNames,
    revenue: integration.revenue,
    eventTypes: integration.eventTypes,
    filters: integration.filters,
    includeSandbox: integration.includeSandbox,
    sandboxTier: integration.sandboxTier,
    identity: integration.identity,
    userIdAttribute: integration.userIdAttribute,
    anonymousCustomers: integration.anonymousCustomers,
    customIds: integration.customIds,
    userProperties: integration.userProperties,
    blockedIds: integration.blockedIds,
    partitions: integration.partitions,
    maxRequestsPerSecond: integration.maxRequestsPerSecond ?? null,
    hasSandboxSecret: integration.sandboxServerSecret !== undefined,
    privacy: {
      attributes: privacy.attributes,
      sensitiveAttributes: privacy.sensitiveAttributes,
      otherAttributes: privacy.otherAttributes,
      hasSalt: privacy.salt !== undefined,
    },
    lookup: lookup === undefined ? null : { revenueCatProjectId: lookup.revenueCatProjectId },
  };
}

/** Ignores `enabled`, because it is not part of the form: pausing must not invalidate unsaved changes there. */
export function settingsVersion(integration: Integration | undefined): string {
  const settings = integration === undefined ? null : { ...withoutSecrets(integration), enabled: true };
  return hash('sha256', JSON.stringify(settings)).slice(0, 16);
}

export function viewOf(
  integration: Integration,
  origin: ReadyIntegration['origin'],
  health: IntegrationHealth,
  webhook: WebhookView,
): ReadyIntegration {
  const { serverSecret, sandboxServerSecret, lookup } = integration;
  return {
    kind: 'ready',
    ...withoutSecrets(integration),
    origin,
    version: settingsVersion(integration),
    serverSecretEnding: endingOf(serverSecret),
    sandboxSecretEnding: sandboxServerSecret === undefined ? null : endingOf(sandboxServerSecret),
    lookup:
      lookup === undefined
        ? null
        : { revenueCatProjectId: lookup.revenueCatProjectId, apiKeyEnding: endingOf(lookup.apiKey) },
    health,
    webhook,
  };
}

/** @param sealed as stored, if its settings are valid */
export function unreadableViewOf(
  projectId: string,
  detail: string,
  sealed: Integration | undefined,
  webhook: WebhookView,
): UnreadableIntegration {
  return {
    kind: 'unreadable',
    projectId,
    settings: sealed === undefined ? null : withoutSecrets(sealed),
    version: settingsVersion(sealed),
    health: { state: 'unreadable', detail, sinceMs: null, nextAttemptAtMs: null, lastDeliveredAtMs: null },
    webhook,
  };
}

function endingOf(secret: string): string {
  return secret.length < minSecretLength ? '' : secret.slice(-4);
}
