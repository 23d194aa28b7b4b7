import { authorizationSchema, signingSecretSchema } from '@app/integrations';
import { z } from 'zod';

export const newAuthorization = z.strictObject({
  authorization: authorizationSchema.optional().meta({ description: 'If omitted, a value is generated' }),
});

export const newSigningSecret = z.strictObject({ signingSecret: signingSecretSchema });

/** The value to retire, if two are valid. */
export const valueToRetire = z.enum(['previous', 'newest']);

export type NewAuthorization = z.output<typeof newAuthorization>;
export type NewSigningSecret = z.output<typeof newSigningSecret>;
export type ValueToRetire = z.output<typeof valueToRetire>;
