import { z } from 'zod';
import { cursorPattern } from './cursor';

/** Query parameters of every paginated list. */
export const pageQuery = z.object({
  cursor: z
    .string()
    .regex(cursorPattern, 'Invalid cursor: use "next" of the previous page')
    .optional()
    .meta({ description: '`next` of the previous page' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(50)
    .meta({ description: 'Maximum number of entries in the page' }),
});
