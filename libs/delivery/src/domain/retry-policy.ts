export interface BackoffOptions {
  /** Longest wait before the second attempt. */
  baseMs: number;
  /** Longest wait at all. */
  capMs: number;
}

/** Exponential with full jitter: anything between nothing and the bound, which doubles with each attempt. */
export function backoffMs(attempts: number, { baseMs, capMs }: BackoffOptions, random: () => number): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30));
}
