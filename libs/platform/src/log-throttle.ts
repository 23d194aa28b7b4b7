/** Allows one log line per interval for each kind of occurrence. The caller keeps the number of kinds bounded. */
export class LogThrottle {
  private readonly kinds = new Map<string, { lineAtMs: number; unlogged: number }>();

  constructor(
    private readonly now: () => number = Date.now,
    private readonly intervalMs = 60_000,
  ) {}

  /**
   * Counts an occurrence. Returns the number since the last line, this one included, if a line is due; otherwise undefined.
   */
  count(kind: string): number | undefined {
    const nowMs = this.now();
    const { lineAtMs, unlogged } = this.kinds.get(kind) ?? { lineAtMs: -Infinity, unlogged: 0 };
    const isDue = nowMs - lineAtMs >= this.intervalMs;
    this.kinds.set(kind, isDue ? { lineAtMs: nowMs, unlogged: 0 } : { lineAtMs, unlogged: unlogged + 1 });
    return isDue ? unlogged + 1 : undefined;
  }

  /** The next occurrence of any kind is logged. Returns whether there have been any. */
  reset(): boolean {
    const hadAny = this.kinds.size > 0;
    this.kinds.clear();
    return hadAny;
  }
}
