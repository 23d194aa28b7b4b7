import { z } from 'zod';

export const webhookView = z
  .object({
    url: z.string().meta({ description: 'To be entered in RevenueCat’s dashboard' }),
    origin: z.enum(['console', 'environment', 'none']).meta({
      description:
        'Whether its credentials can be changed here, are set where the apps are started, or do not exist',
    }),
    authorizations: z
      .int()
      .meta({ description: 'Authorization values that are valid: two while one is replaced' }),
    signingSecrets: z
      .int()
      .meta({ description: 'Signing secrets that are valid; 0: no signature is needed' }),
    problem: z.string().nullable().meta({ description: 'Why the stored credentials cannot be read' }),
  })
  .meta({ id: 'Webhook', description: 'The webhook endpoint of a project, without its credentials' });

/** The one response that has an Authorization value. */
export const newAuthorizationView = z
  .object({
    authorization: z.string().meta({ description: 'The new value. It is not shown again' }),
    webhook: webhookView,
  })
  .meta({ id: 'NewAuthorization' });

export type WebhookView = z.output<typeof webhookView>;
export type NewAuthorizationView = z.output<typeof newAuthorizationView>;
