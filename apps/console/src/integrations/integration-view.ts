import { type Integration, integrationSchema } from '@app/integrations';
import { z } from 'zod';
import { epochMs } from '../http/time-fields';

const { attributes, sensitiveAttributes, otherAttributes } = integrationSchema.shape.privacy.unwrap().shape;

const integrationHealth = z
  .object({
    state: z.enum(['healthy', 'retrying', 'suspended', 'paused', 'idle']),
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
    partitions: true,
  }).shape,
  privacy: z.object({ attributes, sensitiveAttributes, otherAttributes, hasSalt: z.boolean() }),
  lookup: z.object({ revenueCatProjectId: z.string() }).nullable(),
});

const secretEnding = z
  .string()
  .meta({ description: 'The last four characters; empty: it is too short to show any' });

/** An integration as people see it: of a secret, the last four characters. Field by field, so that no secret slips in. */
export const integrationView = integrationWithoutSecrets
  .extend({
    origin: z
      .enum(['console', 'environment'])
      .meta({ description: 'Whether it can be changed here, or is set where the apps are started' }),
    serverSecretEnding: secretEnding,
    lookup: integrationWithoutSecrets.shape.lookup
      .unwrap()
      .extend({ apiKeyEnding: secretEnding })
      .nullable()
      .meta({
        description: 'Of RevenueCat’s API, asked about customers never seen before; null: it is not asked',
      }),
    health: integrationHealth,
  })
  .meta({ id: 'Integration' });

export type IntegrationHealth = z.output<typeof integrationHealth>;
export type IntegrationWithoutSecrets = z.output<typeof integrationWithoutSecrets>;
export type IntegrationView = z.output<typeof integrationView>;

/** A secret that is hardly longer would be told by its ending. */
const leastLength = 10;

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

export function viewOf(
  integration: Integration,
  origin: IntegrationView['origin'],
  health: IntegrationHealth,
): IntegrationView {
  const { serverSecret, lookup } = integration;
  return {
    ...withoutSecrets(integration),
    origin,
    serverSecretEnding: endingOf(serverSecret),
    lookup:
      lookup === undefined
        ? null
        : { revenueCatProjectId: lookup.revenueCatProjectId, apiKeyEnding: endingOf(lookup.apiKey) },
    health,
  };
}

function endingOf(secret: string): string {
  return secret.length < leastLength ? '' : secret.slice(-4);
}
