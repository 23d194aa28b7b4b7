import { z } from 'zod';

export const webhookView = z
  .object({
    url: z.string().meta({ description: 'The URL to enter in the dashboard of RevenueCat' }),
    origin: z.enum(['console', 'environment', 'none']).meta({
      description:
        'Whether its credentials can be changed here, are set in the environment of the apps, or do not exist',
    }),
    authorizations: z
      .int()
      .meta({ description: 'Number of valid Authorization values: two while one is being replaced' }),
    signingSecrets: z
      .int()
      .meta({ description: 'Number of valid signing secrets; 0 if no signature is required' }),
    problem: z
      .string()
      .nullable()
      .meta({ description: 'Why the stored credentials cannot be read; null if they can' }),
  })
  .meta({ id: 'Webhook', description: 'The webhook endpoint of a project, without its credentials' });

/** The response with the new Authorization value. */
export const newAuthorizationView = z
  .object({
    authorization: z.string().meta({ description: 'The new value; it is not shown again' }),
    webhook: webhookView,
  })
  .meta({ id: 'NewAuthorization' });

export type WebhookView = z.output<typeof webhookView>;
export type NewAuthorizationView = z.output<typeof newAuthorizationView>;
