import { type Verdict } from '@app/delivery';
import { integrationSchema } from '@app/integrations';
import { z } from 'zod';
import { filterRule } from './events';
import { epochMs, milliseconds } from './time-fields';
import { webhookView } from './webhooks';

const { shape } = integrationSchema;

const integrationHealth = z
  .object({
    state: z.enum(['delivering', 'retrying', 'suspended', 'paused', 'idle', 'unreadable']),
    detail: z.string().nullable().meta({ description: 'Why it is in this state' }),
    sinceMs: epochMs.nullable(),
    nextAttemptAtMs: epochMs.nullable(),
    lastDeliveredAtMs: epochMs.nullable(),
  })
  .meta({ id: 'IntegrationHealth', description: 'Whether Statsig accepts the events of a project' });

/** The settings without any part of a secret, for the audit log. */
const integrationWithoutSecrets = z.object({
  ...integrationSchema.omit({ serverSecret: true, sandboxServerSecret: true }).shape,
  maxRequestsPerSecond: shape.maxRequestsPerSecond
    .unwrap()
    .nullable()
    .meta({ description: 'Of all dispatchers together, to Statsig; null: unlimited' }),
  hasSandboxSecret: z.boolean(),
  privacy: z.object({
    ...z.object(shape.privacy.unwrap().shape).omit({ salt: true }).shape,
    hasSalt: z.boolean(),
  }),
  lookup: shape.lookup.unwrap().omit({ apiKey: true }).nullable(),
});

const secretEnding = z
  .string()
  .meta({ description: 'The last four characters; empty if the secret is too short to show any' });

const version = z
  .string()
  .meta({ description: 'Differs whenever settings change, other than secrets and `enabled`' });

/** A readable integration, with the last four characters of its secrets. */
export const readyIntegration = integrationWithoutSecrets
  .extend({
    kind: z.literal('ready'),
    origin: z
      .enum(['console', 'environment'])
      .meta({ description: 'Whether it can be changed here, or is set in the environment of the apps' }),
    version,
    serverSecretEnding: secretEnding,
    sandboxSecretEnding: secretEnding.nullable().meta({
      description:
        'The last four characters of the server secret for sandbox events; null if there is none, and sandbox events are sent with the other one',
    }),
    lookup: integrationWithoutSecrets.shape.lookup
      .unwrap()
      .extend({ apiKeyEnding: secretEnding })
      .nullable()
      .meta({
        description:
          "Access to RevenueCat's API, for its webhooks and, if `customers` is true, for lookups of unknown customers; null if there is none",
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

export const filteredEvents = z
  .object({
    sinceMs: epochMs.nullable().meta({ description: 'Beginning of the first day that is counted' }),
    rules: z
      .array(
        z.object({
          reason: z.string(),
          rule: filterRule,
          events: z.int(),
        }),
      )
      .meta({ description: 'Numbers of events that were filtered out, the greatest first' }),
  })
  .meta({
    id: 'FilteredEvents',
    description: 'The events that an integration filtered out, by reason and filter',
  });

export const integrationSetup = z
  .object({
    defaultProjectId: z.string(),
    defaultPartitions: z.int(),
    canSave: z.boolean().meta({
      description: 'False if SETTINGS_ENCRYPTION_KEY is not set: then integrations cannot be stored',
    }),
    eventTypes: z.array(z.string()).readonly(),
    defaultEventTypes: z.array(z.string()).readonly(),
    sensitiveAttributes: z.array(z.string()).readonly(),
  })
  .meta({
    id: 'IntegrationSetup',
    description: 'The options and defaults of an integration',
  });

export const testEventResult = z
  .object({
    verdict: z.enum(['accepted', 'retry', 'reject', 'suspend']) satisfies z.ZodType<Verdict['kind']>,
    secret: z.enum(['serverSecret', 'sandboxServerSecret']).meta({
      description: 'The server secret that it was sent with: the one for sandbox events, if there is one',
    }),
    meaning: z.string().meta({ description: 'What the response of Statsig means for the integration' }),
    whereToFind: z.string().nullable().meta({
      description: 'Where the event appears in Statsig; null if Statsig did not accept it',
    }),
    status: z.int().nullable().meta({ description: 'HTTP status; null if there was no response' }),
    response: z.string().meta({ description: 'Body of the response, or the error if there was none' }),
    latencyMs: milliseconds,
    sent: z.string().meta({ description: 'The event that was sent, as JSON text' }),
  })
  .meta({ id: 'TestEventResult', description: 'The response of Statsig to a test event' });

export const resealResult = z
  .object({
    integrations: z.int(),
    webhookCredentials: z.int(),
    notificationChannels: z.int(),
    failures: z.array(
      z.object({
        projectId: z
          .string()
          .nullable()
          .meta({ description: 'Null for a notification channel of all projects' }),
        what: z.enum(['integration', 'webhook credentials', 'notification channel']),
        detail: z.string(),
      }),
    ),
  })
  .meta({
    id: 'ResealResult',
    description:
      'Numbers of projects and channels whose secrets were encrypted with the first key, and those that could not be decrypted',
  });

export type IntegrationHealth = z.output<typeof integrationHealth>;
export type IntegrationWithoutSecrets = z.output<typeof integrationWithoutSecrets>;
export type ReadyIntegration = z.output<typeof readyIntegration>;
export type UnreadableIntegration = z.output<typeof unreadableIntegration>;
export type IntegrationView = z.output<typeof integrationView>;
export type AddedIntegration = z.output<typeof addedIntegration>;
export type FilteredEvents = z.output<typeof filteredEvents>;
export type IntegrationSetup = z.output<typeof integrationSetup>;
export type TestEventResult = z.output<typeof testEventResult>;
export type ResealResult = z.output<typeof resealResult>;
