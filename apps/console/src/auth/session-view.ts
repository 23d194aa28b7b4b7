import { z } from 'zod';

export const sessionView = z
  .object({
    isSignedIn: z.boolean(),
    isTokenNeeded: z
      .boolean()
      .meta({ description: 'False: there is no token, and whoever is on this machine is in' }),
    name: z.string().optional().meta({ description: 'Of whoever is signed in' }),
  })
  .meta({ id: 'Session' });

export type SessionView = z.output<typeof sessionView>;
