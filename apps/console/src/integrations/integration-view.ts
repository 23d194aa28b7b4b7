import { hash } from 'node:crypto';
import { type Integration, integrationSchema } from '@app/integrations';
import { z } from 'zod';
import { epochMs } from '../http/time-fields';
import { webhookView, type WebhookView } from './webhook-view';

const { attributes, sensitiveAttributes, otherAttributes } = integrationSchema.shape.privacy.unwrap().shape;

const integrationHealth = z
  .object({
    state: z.enum(['healthy', 'retrying', 'suspended', 'paused', 'idle', 'unreadable']),
    detail: z.string().nullable().meta({ description: 'Why it is not healthy, for a person' }),
    sinceMs: epochMs.nullable(),
    nextAttemptAtMs: epochMs.nullable(),
    lastDeliveredAtMs: epochMs.nullable(),
  })
  .meta({ id: 'IntegrationHealth', description: 'How Statsig has lately taken a project’s events' });

/** Of a secret nothing, not even its ending: what the audit log is told. */
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
  .meta({ description: 'The last four characters; empty: it is too short to show any' });

const version = z
  .string()
  .meta({ description: 'Another one whenever the settings, without secrets and pauses, are changed' });

/** A readable integration: of a secret, the last four characters. Field by field, so that no secret slips in. */
export const readyIntegration = integrationWithoutSecrets
  .extend({
    kind: z.literal('ready'),
    origin: z
      .enum(['console', 'environment'])
      .meta({ description: 'Whether it can be changed here, or is set where the apps are started' }),
    version,
    serverSecretEnding: secretEnding,
    lookup: integrationWithoutSecrets.shape.lookup
      .unwrap()
      .extend({ apiKeyEnding: secretEnding })
      .nullable()
      .meta({
        description: 'Of RevenueCat’s API, asked about customers never seen before; null: it is not asked',
      }),
    health: integrationHealth,
    webhook: webhookView,
  })
  .meta({ id: 'ReadyIntegration' });

export const unreadableIntegration = z
  .object({
    kind: z.literal('unreadable'),
    projectId: z.string(),
    settings: integrationWithoutSecrets
      .nullable()
      .meta({ description: 'As stored, without the secrets; null: they are invalid for this version' }),
    version,
    health: integrationHealth,
    webhook: webhookView,
  })
  .meta({
    id: 'UnreadableIntegration',
    description:
      'The stored secrets or settings cannot be read, and have to be entered again; the health says why',
  });

export const integrationView = z
  .discriminatedUnion('kind', [readyIntegration, unreadableIntegration])
  .meta({ id: 'Integration' });

export const addedIntegration = readyIntegration
  .extend({
    authorization: z.string().nullable().meta({
      description:
        'The Authorization value that was generated for its webhook endpoint, and is not shown again; null: it had credentials already',
    }),
  })
  .meta({ id: 'AddedIntegration' });

export type IntegrationHealth = z.output<typeof integrationHealth>;
export type IntegrationWithoutSecrets = z.output<typeof integrationWithoutSecrets>;
export type ReadyIntegration = z.output<typeof readyIntegration>;
export type UnreadableIntegration = z.output<typeof unreadableIntegration>;
export type IntegrationView = z.output<typeof integrationView>;
export type AddedIntegration = z.output<typeof addedIntegration>;

/** A secret that is hardly longer would be told by its ending. */
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

/** Pauses do not count: they are no settings of the form, and pausing must not discard what is typed there. */
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
