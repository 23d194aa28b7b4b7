const minPauseMs = 5_000;

interface ReadState {
  /** Left records are being read again. */
  isRereading: boolean;
  /** Nothing else can be read before the left records. */
  waitsForLeft: boolean;
}

/**
 * Rereading left records must not crowd out new ones. It starts again only after it has ended and the same time has passed
 * once more, unless nothing else can be read.
 */
export class RereadPace {
  private startedMs = -Infinity;
  /** Undefined while records are being read again. */
  private endedMs: number | undefined = -Infinity;

  started(nowMs: number): void {
    this.startedMs = nowMs;
    this.endedMs = undefined;
  }

  /** When to check again; `nowMs` if rereading may start now. */
  nextMs(nowMs: number, { isRereading, waitsForLeft }: ReadState): number {
    if (isRereading) return nowMs + minPauseMs;
    this.endedMs ??= nowMs;
    if (this.endedMs === -Infinity) return nowMs;
    const lastedMs = waitsForLeft ? 0 : this.endedMs - this.startedMs;
    return Math.max(nowMs, this.endedMs + Math.max(minPauseMs, lastedMs));
  }
}
