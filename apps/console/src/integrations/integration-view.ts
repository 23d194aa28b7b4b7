import { hash } from 'node:crypto';
import { type Integration, omitSecrets } from '@app/integrations';
import {
  type IntegrationHealth,
  type IntegrationWithoutSecrets,
  type ReadyIntegration,
  type UnreadableIntegration,
} from '../../api/integrations';
import { type WebhookView } from '../../api/webhooks';

/** The ending of a shorter secret would reveal too much of it. */
const minSecretLength = 10;

export function shownSettings(integration: Integration): IntegrationWithoutSecrets {
  const { privacy, lookup = null, maxRequestsPerSecond = null, ...settings } = omitSecrets(integration);
  return {
    ...settings,
    maxRequestsPerSecond,
    hasSandboxSecret: integration.sandboxServerSecret !== undefined,
    privacy: { ...privacy, hasSalt: integration.privacy.salt !== undefined },
    lookup,
  };
}

/** Ignores `enabled`, because it is not part of the form: pausing must not invalidate unsaved changes there. */
export function settingsVersion(integration: Integration | undefined): string {
  const settings = integration === undefined ? null : { ...shownSettings(integration), enabled: true };
  return hash('sha256', JSON.stringify(settings)).slice(0, 16);
}

export function viewOf(
  integration: Integration,
  origin: ReadyIntegration['origin'],
  health: IntegrationHealth,
  webhook: WebhookView,
): ReadyIntegration {
  const { serverSecret, sandboxServerSecret, lookup } = integration;
  const settings = shownSettings(integration);
  return {
    kind: 'ready',
    ...settings,
    origin,
    version: settingsVersion(integration),
    serverSecretEnding: endingOf(serverSecret),
    sandboxSecretEnding: sandboxServerSecret === undefined ? null : endingOf(sandboxServerSecret),
    lookup: settings.lookup && { ...settings.lookup, apiKeyEnding: endingOf(lookup?.apiKey ?? '') },
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
    settings: sealed === undefined ? null : shownSettings(sealed),
    version: settingsVersion(sealed),
    health: { state: 'unreadable', detail, sinceMs: null, nextAttemptAtMs: null, lastDeliveredAtMs: null },
    webhook,
  };
}

function endingOf(secret: string): string {
  return secret.length < minSecretLength ? '' : secret.slice(-4);
}
