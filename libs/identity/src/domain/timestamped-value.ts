/** A value with its time in ms. */
export interface TimestampedValue {
  value: string;
  atMs: number;
}

/** On a tie, the greater value in UTF-8 byte order wins, as in the Redis script. */
export function isNewer(a: TimestampedValue, b: TimestampedValue): boolean {
  if (a.atMs !== b.atMs) return a.atMs > b.atMs;
  return a.value !== b.value && Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)) > 0;
}
