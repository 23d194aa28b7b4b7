/** Allows one log line per interval for each kind of occurrence. The caller must bound the number of kinds. */
export class LogThrottle {
  private readonly kinds = new Map<string, { lineAtMs: number; unlogged: number }>();

  constructor(
    private readonly now: () => number = Date.now,
    private readonly intervalMs = 60_000,
  ) {}

  /**
   * Counts an occurrence. If a line is due, returns the number of occurrences since the last line, including this one.
   */
  count(kind: string): number | undefined {
    const nowMs = this.now();
    const { lineAtMs, unlogged } = this.kinds.get(kind) ?? { lineAtMs: -Infinity, unlogged: 0 };
    const isDue = nowMs - lineAtMs >= this.intervalMs;
    this.kinds.set(kind, isDue ? { lineAtMs: nowMs, unlogged: 0 } : { lineAtMs, unlogged: unlogged + 1 });
    return isDue ? unlogged + 1 : undefined;
  }

  /** Makes the next occurrence of every kind due. Returns whether any were counted. */
  reset(): boolean {
    const hadAny = this.kinds.size > 0;
    this.kinds.clear();
    return hadAny;
  }
}
