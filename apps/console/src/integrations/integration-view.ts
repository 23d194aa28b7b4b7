import { hash } from 'node:crypto';
import { type Integration, integrationSchema } from '@app/integrations';
import { z } from 'zod';
import { epochMs } from '../http/time-fields';
import { webhookView, type WebhookView } from './webhook-view';

const { attributes, sensitiveAttributes, otherAttributes } = integrationSchema.shape.privacy.unwrap().shape;

const integrationHealth = z
  .object({
    state: z.enum(['healthy', 'retrying', 'suspended', 'paused', 'idle', 'unreadable']),
    detail: z.string().nullable().meta({ description: 'Why it is not healthy' }),
    sinceMs: epochMs.nullable(),
    nextAttemptAtMs: epochMs.nullable(),
    lastDeliveredAtMs: epochMs.nullable(),
  })
  .meta({ id: 'IntegrationHealth', description: 'Whether Statsig accepts the events of a project' });

/** The settings without any part of a secret, for the audit log. */
const integrationWithoutSecrets = z.object({
  ...integrationSchema.pick({
    projectId: true,
    enabled: true,
    format: true,
    eventNames: true,
    eventTypes: true,
    includeSandbox: true,
    sandboxTier: true,
    identity: true,
    customIds: true,
    blockedIds: true,
    partitions: true,
  }).shape,
  privacy: z.object({ attributes, sensitiveAttributes, otherAttributes, hasSalt: z.boolean() }),
  lookup: z.object({ revenueCatProjectId: z.string() }).nullable(),
});

const secretEnding = z
  .string()
  .meta({ description: 'The last four characters; empty if the secret is too short to show any' });

const version = z
  .string()
  .meta({ description: 'Differs whenever settings change, other than secrets and `enabled`' });

/** A readable integration, with the last four characters of its secrets. Fields are listed one by one to exclude secrets. */
export const readyIntegration = integrationWithoutSecrets
  .extend({
    kind: z.literal('ready'),
    origin: z
      .enum(['console', 'environment'])
      .meta({ description: 'Whether it can be changed here, or is set in the environment of the apps' }),
    version,
    serverSecretEnding: secretEnding,
    lookup: integrationWithoutSecrets.shape.lookup
      .unwrap()
      .extend({ apiKeyEnding: secretEnding })
      .nullable()
      .meta({
        description:
          'Access to the API of RevenueCat, for looking up unknown customers; null if lookups are disabled',
      }),
    health: integrationHealth,
    webhook: webhookView,
  })
  .meta({ id: 'ReadyIntegration' });

const unreadableIntegration = z
  .object({
    kind: z.literal('unreadable'),
    projectId: z.string(),
    settings: integrationWithoutSecrets
      .nullable()
      .meta({ description: 'As stored, without the secrets; null if they are invalid for this version' }),
    version,
    health: integrationHealth,
    webhook: webhookView,
  })
  .meta({
    id: 'UnreadableIntegration',
    description:
      'The stored secrets or settings cannot be read and must be entered again; `health` has the reason',
  });

export const integrationView = z
  .discriminatedUnion('kind', [readyIntegration, unreadableIntegration])
  .meta({ id: 'Integration' });

export const addedIntegration = readyIntegration
  .extend({
    authorization: z.string().nullable().meta({
      description:
        'The Authorization value that was generated for its webhook endpoint; it is not shown again. Null if the endpoint already had credentials',
    }),
  })
  .meta({ id: 'AddedIntegration' });

export type IntegrationHealth = z.output<typeof integrationHealth>;
export type IntegrationWithoutSecrets = z.output<typeof integrationWithoutSecrets>;
export type ReadyIntegration = z.output<typeof readyIntegration>;
export type UnreadableIntegration = z.output<typeof unreadableIntegration>;
export type IntegrationView = z.output<typeof integrationView>;
export type AddedIntegration = z.output<typeof addedIntegration>;

/** The ending of a shorter secret would reveal too much of it. */
const minSecretLength = 10;

export function withoutSecrets(integration: Integration): IntegrationWithoutSecrets {
  const { lookup, privacy } = integration;
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
    blockedIds: integration.blockedIds,
    partitions: integration.partitions,
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
  const { serverSecret, lookup } = integration;
  return {
    kind: 'ready',
    ...withoutSecrets(integration),
    origin,
    version: settingsVersion(integration),
    serverSecretEnding: endingOf(serverSecret),
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
