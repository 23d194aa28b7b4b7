const minPauseMs = 5_000;

/**
 * Reading again what was left must not crowd out what was never read: it begins anew only when it has ended, and as much
 * time again has passed.
 */
export class RereadPace {
  private beganMs = -Infinity;
  /** Undefined while records are being read again, as far as is known. */
  private endedMs: number | undefined = -Infinity;

  began(nowMs: number): void {
    this.beganMs = nowMs;
    this.endedMs = undefined;
  }

  /** When to ask again; `nowMs` if records may be read again now. */
  nextMs(nowMs: number, isRereading: boolean): number {
    if (isRereading) return nowMs + minPauseMs;
    this.endedMs ??= nowMs;
    if (this.endedMs === -Infinity) return nowMs;
    return Math.max(nowMs, this.endedMs + Math.max(minPauseMs, this.endedMs - this.beganMs));
  }
}
