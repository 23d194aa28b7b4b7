export interface BackoffOptions {
  /** Maximum wait before the second attempt, in ms. */
  baseMs: number;
  /** Maximum wait, in ms. */
  capMs: number;
}

/** Exponential backoff with full jitter: between 0 and a limit that doubles with each attempt. */
export function backoffMs(attempts: number, { baseMs, capMs }: BackoffOptions, random: () => number): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30));
}
