import { authorizationSchema, signingSecretSchema } from '@app/integrations';
import { z } from 'zod';

export const newAuthorization = z.strictObject({
  authorization: authorizationSchema.optional().meta({ description: 'Left out: it is generated' }),
});

export const newSigningSecret = z.strictObject({ signingSecret: signingSecretSchema });

/** Which of two valid values is no longer valid from now on. */
export const whichValue = z.enum(['previous', 'newest']);

export type NewAuthorization = z.output<typeof newAuthorization>;
export type NewSigningSecret = z.output<typeof newSigningSecret>;
export type WhichValue = z.output<typeof whichValue>;
