import { z } from 'zod';

export const integrationSetup = z
  .object({
    webhookUrl: z.string(),
    authorization: z
      .string()
      .meta({ description: 'Empty: the door asks for none, or it is not told to the console' }),
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
    description: 'What is to be pasted into RevenueCat, and what can be chosen',
  });

export type IntegrationSetup = z.output<typeof integrationSetup>;
