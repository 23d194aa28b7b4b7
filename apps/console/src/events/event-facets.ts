import { z } from 'zod';

export const eventFacets = z
  .object({ projects: z.array(z.string()), types: z.array(z.string()), environments: z.array(z.string()) })
  .meta({ id: 'EventFacets', description: 'The values that events can be filtered by' });

export type EventFacets = z.output<typeof eventFacets>;
