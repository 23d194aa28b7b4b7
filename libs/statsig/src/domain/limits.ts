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

/** Above this, keys that become the same are left out. */
const maxSameKeys = 9;

/**
 * A metadata key that Statsig can be asked for: a dot would be read as a path, `$` is left out. A second key that becomes
 * the same ends in `_2`, a third in `_3`; undefined if there are too many.
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
