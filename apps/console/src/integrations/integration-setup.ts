import { z } from 'zod';

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

export type IntegrationSetup = z.output<typeof integrationSetup>;
