import { z } from 'zod';

/** The last entry of a page. Lists are sorted by time and then by id, both descending. */
interface CursorPosition {
  atMs: number;
  id: number;
}

const cursorPattern = /^\d{1,16}\.\d{1,16}$/;

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

/** Without a cursor, returns a position before all entries. */
export function parseCursor(cursor: string | undefined): CursorPosition {
  const [atMs = 0, id = 0] = (cursor ?? `${Number.MAX_SAFE_INTEGER}.0`).split('.').map(Number);
  return { atMs, id };
}

/** @param rows up to `limit + 1` rows; the additional row shows that there is another page */
export function pageOf<R>(
  rows: readonly R[],
  limit: number,
  positionOf: (row: R) => CursorPosition,
): { rows: R[]; next: string | null } {
  const last = rows[limit - 1];
  const next = rows.length > limit && last !== undefined ? positionOf(last) : undefined;
  return { rows: rows.slice(0, limit), next: next === undefined ? null : `${next.atMs}.${next.id}` };
}
