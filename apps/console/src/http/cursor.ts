/** Where a page ends: lists are in the order of time, and of ids within one millisecond, the greatest first. */
interface Place {
  atMs: number;
  id: number;
}

export const cursorPattern = /^\d{1,16}\.\d{1,16}$/;

/** Without a cursor, before everything there can be. */
export function parseCursor(cursor: string | undefined): Place {
  const [atMs = 0, id = 0] = (cursor ?? `${Number.MAX_SAFE_INTEGER}.0`).split('.').map(Number);
  return { atMs, id };
}

/** @param rows one more than the limit if there is another page */
export function pageOf<R>(
  rows: readonly R[],
  limit: number,
  place: (row: R) => Place,
): { rows: R[]; next: string | null } {
  const last = rows[limit - 1];
  const next = rows.length > limit && last !== undefined ? place(last) : undefined;
  return { rows: rows.slice(0, limit), next: next === undefined ? null : `${next.atMs}.${next.id}` };
}
