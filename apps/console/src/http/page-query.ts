import { z } from 'zod';
import { cursorPattern } from './cursor';

/** Of every list that is read page by page. */
export const pageQuery = z.object({
  cursor: z
    .string()
    .regex(cursorPattern, 'Not a cursor: use “next” of the page before')
    .optional()
    .meta({ description: '“next” of the page before' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(50)
    .meta({ description: 'Most entries in the page' }),
});
