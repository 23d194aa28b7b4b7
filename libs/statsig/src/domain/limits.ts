/**
 * Statsig's limits on the content of an event. Its documentation has two limits for names, 64 and 128; the smaller is safe
 * (https://docs.statsig.com/guides/logging-events, LogEventValidator of its Node SDK).
 */
export const limits = {
  nameLength: 64,
  userIdLength: 128,
  metadataLength: 4_096,
  userLength: 4_096,
} as const;

/** Statsig drops events whose name contains one of these (https://docs.statsig.com/guides/logging-events). */
const forbiddenInNames = /[\\[\]{}<>#=;&$%|\u0000\n\r]/g;

/** A name that Statsig accepts. */
export function safeName(name: string): string {
  const safe = name.toWellFormed().replace(forbiddenInNames, '_').slice(0, limits.nameLength).toWellFormed();
  return safe === '' ? 'unknown' : safe;
}

/** Maximum number of keys that become the same. Further ones are trimmed. */
const maxSameKeys = 9;

/**
 * A metadata key that can be queried in Statsig, which reads a dot as a path. Leading `$` are removed, and dots and other `$`
 * become `_`. A second key that becomes the same ends in `_2`, a third in `_3`; undefined if there are too many.
 */
export function safeKey(key: string, isUsed: (key: string) => boolean): string | undefined {
  const safe = key.toWellFormed().replace(/^\$+/, '').replace(/[.$]/g, '_') || '_';
  for (let n = 1; n <= maxSameKeys; n += 1) {
    const suffix = n === 1 ? '' : `_${n}`;
    const candidate = safe.slice(0, limits.nameLength - suffix.length).toWellFormed() + suffix;
    if (!isUsed(candidate)) return candidate;
  }
  return undefined;
}
