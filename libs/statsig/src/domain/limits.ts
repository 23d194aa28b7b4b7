/**
 * Statsig's limits on what an event holds. Its pages give two numbers for names, 64 and 128; the smaller is safe
 * (https://docs.statsig.com/guides/logging-events, LogEventValidator of its Node SDK).
 */
export const limits = {
  nameLength: 64,
  userIdLength: 128,
  metadataLength: 4_096,
  userLength: 4_096,
} as const;

/** Events whose name holds one of these are dropped by Statsig (https://docs.statsig.com/guides/logging-events). */

const forbiddenInNames = /[\\[\]{}<>#=;&$%|\u0000\n\r]/g;

/** A name that Statsig takes. */
export function safeName(name: string): string {
  const safe = name.toWellFormed().replace(forbiddenInNames, '_').slice(0, limits.nameLength).toWellFormed();
  return safe === '' ? 'unknown' : safe;
}

/** A metadata key that Statsig can be asked for: a dot would be read as a path, `$` is left out. */
export function safeKey(key: string): string {
  const safe = key.toWellFormed().replace(/^\$+/, '').replace(/[.$]/g, '_').slice(0, limits.nameLength);
  return safe === '' ? '_' : safe.toWellFormed();
}
