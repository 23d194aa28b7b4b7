/*
 * Reads the cells of RevenueCat's scheduled data exports
 * (https://www.revenuecat.com/docs/integrations/scheduled-data-exports). Each function returns undefined for text that it cannot
 * read.
 */

/** The text of a cell that has a value. */
export function present(cell: string | undefined): string | undefined {
  return cell === undefined || cell === '' || cell === 'null' || cell === '\\N' ? undefined : cell;
}

const dateAndTime = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Times are UTC, such as `2023-01-01 08:27:06`, unless they state a zone. A date alone is its first moment in UTC. */
export function timeOf(cell: string): number | undefined {
  const [text, zone] = dateAndTime.exec(cell) ?? [];
  if (text === undefined) return undefined;
  const isLocal = zone === undefined && text.length > 'YYYY-MM-DD'.length;
  const timeMs = Date.parse(text.replace(' ', 'T') + (isLocal ? 'Z' : ''));
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

export function numberOf(cell: string): number | undefined {
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/** Exports before version 4 write `t` and `f`. */
export function flagOf(cell: string): boolean | undefined {
  if (/^t(rue)?$/i.test(cell)) return true;
  return /^f(alse)?$/i.test(cell) ? false : undefined;
}

/** A spreadsheet that saves the file turns long ids into numbers such as 1.23457E+17, which belong to no transaction. */
export function idOf(cell: string): string | undefined {
  return /^\d([.,]\d+)?E\+\d+$/i.test(cell) ? undefined : cell;
}

/** `["a", "b"]`; `{a,b}` before version 4. */
export function listOf(cell: string | undefined): string[] | undefined {
  const items = cell
    ?.replace(/^[[{]|[\]}]$/g, '')
    .split(',')
    .map((item) => item.trim().replaceAll('"', ''));
  return items?.filter((item) => item !== '');
}
