const minPauseMs = 5_000;

interface Reading {
  /** What was left is being read again. */
  isRereading: boolean;
  /** Nothing else is read before that. */
  waitsForLeft: boolean;
}

/**
 * Reading again what was left must not crowd out what was never read: it begins anew only when it has ended, and as much
 * time again has passed, unless nothing else can be read.
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
  nextMs(nowMs: number, { isRereading, waitsForLeft }: Reading): number {
    if (isRereading) return nowMs + minPauseMs;
    this.endedMs ??= nowMs;
    if (this.endedMs === -Infinity) return nowMs;
    const lastedMs = waitsForLeft ? 0 : this.endedMs - this.beganMs;
    return Math.max(nowMs, this.endedMs + Math.max(minPauseMs, lastedMs));
  }
}
