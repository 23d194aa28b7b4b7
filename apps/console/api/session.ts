import { z } from 'zod';

export const sessionView = z
  .object({
    isSignedIn: z.boolean(),
    isTokenNeeded: z
      .boolean()
      .meta({ description: 'False if no token is set: then all users of this machine have access' }),
    name: z.string().optional().meta({ description: 'The name of the user who is signed in' }),
  })
  .meta({ id: 'Session' });

export type SessionView = z.output<typeof sessionView>;
