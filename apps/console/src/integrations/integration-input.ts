import { integrationSchema, projectIdSchema } from '@app/integrations';
import { z } from 'zod';

const { shape } = integrationSchema;
const attributeTreatment = z.enum(['keep', 'drop', 'hash']);
const lookup = z.strictObject(shape.lookup.unwrap().shape);

/** The settings that an operator chooses, without the server secret. */
export const integrationSettings = z.strictObject({
  format: shape.format,
  eventNames: shape.eventNames,
  revenue: shape.revenue.unwrap().optional().meta({
    description: 'What the value of an event is, in the format log_event. If omitted, it stays unchanged',
  }),
  eventTypes: shape.eventTypes,
  filters: shape.filters.unwrap().optional().meta({
    description: 'Which events of these types are filtered out. If omitted, the filters stay unchanged',
  }),
  includeSandbox: shape.includeSandbox,
  sandboxTier: shape.sandboxTier,
  identity: shape.identity,
  userIdAttribute: shape.userIdAttribute.unwrap().optional().meta({
    description:
      'Customer attribute whose value becomes the userID in Statsig; `identity` applies to customers without it. If omitted, it stays unchanged; null for none',
  }),
  anonymousCustomers: shape.anonymousCustomers.unwrap().optional().meta({
    description:
      'What happens to events whose userID would be an anonymous id: they are sent, not sent, or sent with custom ids only, which the format revenuecat does not have. If omitted, it stays unchanged',
  }),
  customIds: shape.customIds,
  userProperties: shape.userProperties.unwrap().optional().meta({
    description:
      "Properties of Statsig's user from the customer's purchases and experiments; format log_event. If omitted, they stay unchanged",
  }),
  blockedIds: shape.blockedIds.unwrap().optional().meta({
    description:
      'App user ids that do not identify a customer, in addition to those blocked for every project; case-insensitive. If omitted, they stay unchanged',
  }),
  maxRequestsPerSecond: shape.maxRequestsPerSecond.unwrap().nullable().optional().meta({
    description:
      'Maximum number of requests per second to Statsig, of all dispatchers together; null for no maximum. If omitted, it stays unchanged',
  }),
  /** A salt that is omitted stays unchanged. */
  privacy: z
    .strictObject({
      attributes: z.record(z.string(), attributeTreatment).default({}),
      sensitiveAttributes: attributeTreatment.default('drop'),
      otherAttributes: attributeTreatment.default('keep'),
      salt: z.string().min(16).optional(),
    })
    .prefault({}),
  lookup: lookup.partial({ apiKey: true }).nullable().optional().meta({
    description:
      'Access to the API of RevenueCat, for looking up unknown customers. Null disables lookups. If it, or only its key, is omitted, it stays unchanged',
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
  sandboxServerSecret: shape.sandboxServerSecret.unwrap().nullable().optional().meta({
    description:
      'Server secret key of another Statsig project, for sandbox events. Null: they are sent with `serverSecret`. If omitted, it stays unchanged',
  }),
});

export const newIntegration = integrationSettings.extend({
  lookup: lookup.optional(),
  maxRequestsPerSecond: shape.maxRequestsPerSecond,
  projectId: projectIdSchema,
  serverSecret: shape.serverSecret,
  sandboxServerSecret: shape.sandboxServerSecret,
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

export type ChangedIntegration = Omit<z.output<typeof changedIntegration>, 'version'>;
export type NewIntegration = z.output<typeof newIntegration>;
export type TestEventInput = z.output<typeof testEventInput>;
