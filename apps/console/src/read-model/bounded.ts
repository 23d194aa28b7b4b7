/** The last time that a `Date` can hold. Greater integers could be stored, and not be read again. */
const maxTimeMs = 8_640_000_000_000_000;

/** A time as it is stored, whatever the clock or the record said. */
export function boundedMs(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.round(Math.min(Math.max(ms, 0), maxTimeMs));
}

/** A name as it is stored: well-formed, so that it is the same text when it is read again, and of limited length. */
export function boundedName(text: string, maxLength: number): string {
  const name = text.toWellFormed();
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - 1).toWellFormed()}…`;
}
