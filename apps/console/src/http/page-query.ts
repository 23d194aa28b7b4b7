import { z } from 'zod';

/** Of every list that is read page by page. */
export const pageQuery = z.object({
  cursor: z.string().optional().meta({ description: 'What “next” of the page before said' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(50)
    .meta({ description: 'Most entries in the page' }),
});
