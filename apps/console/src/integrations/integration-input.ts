import { integrationSchema, projectIdSchema } from '@app/integrations';
import { z } from 'zod';

const { shape } = integrationSchema;
const attributeTreatment = z.enum(['keep', 'drop', 'hash']);
const lookup = z.strictObject(shape.lookup.unwrap().shape);

/** What a person chooses, but for the secret. */
const integrationSettings = z.strictObject({
  format: shape.format,
  eventNames: shape.eventNames,
  eventTypes: shape.eventTypes,
  includeSandbox: shape.includeSandbox,
  sandboxTier: shape.sandboxTier,
  identity: shape.identity,
  customIds: shape.customIds,
  blockedIds: shape.blockedIds.unwrap().optional().meta({
    description:
      'App user ids that identify no customer, beside those that are blocked for every project; upper and lower case do not matter. Left out, they stay as they are',
  }),
  /** A salt that is left out stays as it is. */
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
      'RevenueCat’s API, to be asked about customers never seen before. Null: it is no longer asked; left out, it, or its key alone, stays as it is',
  }),
});

export const changedIntegration = integrationSettings.extend({
  version: z.string().optional().meta({
    description:
      'Of the settings that the change was made from: 409 if they were changed since. Left out, only changes at the same time are detected',
  }),
  serverSecret: shape.serverSecret.optional().meta({
    description: 'Left out, it stays as it is; needed if the stored secrets cannot be opened',
  }),
});

export const newIntegration = integrationSettings.extend({
  lookup: lookup.optional(),
  projectId: projectIdSchema,
  serverSecret: shape.serverSecret,
  partitions: shape.partitions.unwrap().optional().meta({
    description:
      'Partitions of the project’s deliveries topic: the maximum number of dispatchers that share its events. Fixed from then on. Left out: as the topic has it if it exists, else TOPIC_PARTITIONS of the console',
  }),
});

export const newSecret = z.strictObject({ serverSecret: shape.serverSecret });

/** Settings as they stand in the form, saved or not; without a secret, that of the project is used. */
export const testEventInput = z.strictObject({
  projectId: projectIdSchema.optional(),
  serverSecret: shape.serverSecret.optional(),
  format: shape.format,
  eventNames: shape.eventNames,
  identity: shape.identity,
  customIds: shape.customIds,
  sandboxTier: shape.sandboxTier,
});

export type ChangedIntegration = Omit<z.output<typeof changedIntegration>, 'version'>;
export type NewIntegration = z.output<typeof newIntegration>;
export type TestEventInput = z.output<typeof testEventInput>;
