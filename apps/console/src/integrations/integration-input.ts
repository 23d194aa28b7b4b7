import { integrationSchema, projectIdSchema } from '@app/integrations';
import { z } from 'zod';

const { shape } = integrationSchema;
const privacy = shape.privacy.unwrap().shape;
const lookup = z.strictObject(shape.lookup.unwrap().shape);

/** The settings that an operator chooses, without the server secrets. One that is omitted has its default. */
export const integrationSettings = z.strictObject({
  ...integrationSchema.omit({
    projectId: true,
    enabled: true,
    partitions: true,
    serverSecret: true,
    sandboxServerSecret: true,
  }).shape,
  revenue: shape.revenue.meta({ description: 'What the value of an event is, in the format log_event' }),
  filters: shape.filters.meta({ description: 'Which events of these types are filtered out' }),
  userIdAttribute: shape.userIdAttribute.meta({
    description:
      'Customer attribute whose value becomes the userID in Statsig; `identity` applies to customers without it. Null for none',
  }),
  anonymousCustomers: shape.anonymousCustomers.meta({
    description:
      'What happens to events whose userID would be an anonymous id: they are sent, not sent, or sent with custom ids only, which the format revenuecat does not have',
  }),
  userProperties: shape.userProperties.meta({
    description:
      "Properties of Statsig's user from the customer's purchases and experiments; format log_event",
  }),
  blockedIds: shape.blockedIds.meta({
    description:
      'App user ids that do not identify a customer, in addition to those blocked for every project; case-insensitive',
  }),
  maxRequestsPerSecond: shape.maxRequestsPerSecond.nullable().meta({
    description: 'Maximum requests to Statsig per second, of all dispatchers together; null for no maximum',
  }),
  privacy: z
    .strictObject({
      ...privacy,
      salt: privacy.salt.nullable().meta({
        description: 'Salt of hashes. If omitted, it stays unchanged; null removes it',
      }),
    })
    .prefault({}),
  lookup: lookup.partial({ apiKey: true }).nullable().optional().meta({
    description:
      "Access to RevenueCat's API, for its webhooks and, if `customers` is true, for lookups of unknown customers. Null, or without it: none, and the key is removed. If only the key is omitted, it stays unchanged",
  }),
});

export const changedIntegration = integrationSettings.extend({
  version: z.string().optional().meta({
    description:
      'Version of the settings on which the change is based: responds with 409 if they have changed since. If omitted, only concurrent changes are detected',
  }),
  serverSecret: shape.serverSecret.optional().meta({
    description: 'If omitted, it stays unchanged; required if the stored secrets cannot be decrypted',
  }),
  sandboxServerSecret: shape.sandboxServerSecret.nullable().meta({
    description:
      'Server secret key of another Statsig project, for sandbox events; requires `includeSandbox`. Null: they are sent with `serverSecret`. If omitted, it stays unchanged',
  }),
});

export const newIntegration = changedIntegration.omit({ version: true }).extend({
  projectId: projectIdSchema,
  serverSecret: shape.serverSecret,
  partitions: shape.partitions.unwrap().optional().meta({
    description:
      "Number of partitions of the project's deliveries topic, and so the maximum number of dispatchers that share its events. It cannot be changed later. If omitted: the number of partitions of the existing topic, or else TOPIC_PARTITIONS of the console",
  }),
});

export const newSecret = z
  .strictObject({
    serverSecret: shape.serverSecret.optional(),
    sandboxServerSecret: shape.sandboxServerSecret,
  })
  .refine(
    ({ serverSecret, sandboxServerSecret }) => (serverSecret ?? sandboxServerSecret) !== undefined,
    'Provide serverSecret, sandboxServerSecret or both.',
  );

/** Settings of the form, saved or not. Secrets that are omitted are the stored ones of the project. */
export const testEventInput = changedIntegration.omit({ version: true, lookup: true }).extend({
  projectId: projectIdSchema.optional(),
});

export type NewIntegration = z.output<typeof newIntegration>;
export type TestEventInput = z.output<typeof testEventInput>;
