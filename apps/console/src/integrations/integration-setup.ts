import { z } from 'zod';

export const integrationSetup = z
  .object({
    defaultProjectId: z.string(),
    defaultPartitions: z.int(),
    canSave: z
      .boolean()
      .meta({ description: 'False: without SETTINGS_ENCRYPTION_KEY integrations cannot be kept' }),
    eventTypes: z.array(z.string()).readonly(),
    defaultEventTypes: z.array(z.string()).readonly(),
    sensitiveAttributes: z.array(z.string()).readonly(),
  })
  .meta({
    id: 'IntegrationSetup',
    description: 'What can be chosen for an integration',
  });

export type IntegrationSetup = z.output<typeof integrationSetup>;
