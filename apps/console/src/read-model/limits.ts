/** The latest time that a `Date` can represent. SQLite could store greater integers, but reading them would fail. */
const maxTimeMs = 8_640_000_000_000_000;

/** Limits a time to values that can be stored and read again. */
export function clampMs(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.round(Math.min(Math.max(ms, 0), maxTimeMs));
}

/** Makes a name well-formed, so that it is unchanged when it is read again, and limits its length. */
export function truncateName(text: string, maxLength: number): string {
  const name = text.toWellFormed();
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - 1).toWellFormed()}…`;
}
