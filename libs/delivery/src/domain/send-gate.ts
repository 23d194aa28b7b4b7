import { type BackoffOptions, backoffMs } from './backoff';

export interface GateOptions {
  /** Maximum number of requests in flight. */
  maxInFlight: number;
  /** A response that took longer counts as a sign of overload. */
  slowResponseMs: number;
  /** Number of failures in a row, with nothing accepted, that open the circuit breaker. */
  breakerFailures: number;
  /** Maximum number of rejected events in a row; after more, with nothing accepted, the events are not the cause. */
  maxRejections: number;
  /** Delay between probes while the breaker is open; grows with each failed probe. */
  breakerBackoff: BackoffOptions;
  /** Delay between probes while the integration is suspended; grows with each failed probe. */
  suspensionBackoff: BackoffOptions;
  /** Maximum delay that is accepted from `Retry-After`, in ms. */
  maxRetryAfterMs: number;
}

export interface Suspension {
  reason: string;
  detail: string;
}

const minInFlight = 2;
const decreaseFactor = 0.8;

/**
 * Limits the requests in flight of one integration by additive increase, multiplicative decrease. While the circuit breaker is
 * open or the integration is suspended, it permits single probes, with a backoff.
 *
 * A request that was sent before the gate closed is not a probe: its failure has no effect on the gate.
 */
export class SendGate {
  private limit: number;
  private inFlight = 0;
  private lastDecreaseMs = -Infinity;
  private failuresInRow = 0;
  private rejectionsInRow = 0;
  private failedProbes = 0;
  private closedAtMs = -Infinity;
  private closedUntilMs = -Infinity;
  private suspended: Suspension | undefined;
  private acceptedCount = 0;

  constructor(
    private readonly options: GateOptions,
    private readonly random: () => number,
  ) {
    this.limit = options.maxInFlight;
  }

  get suspension(): Suspension | undefined {
    return this.suspended;
  }

  /** Whether the breaker is closed and the integration is not suspended. */
  get isHealthy(): boolean {
    return this.suspended === undefined && this.failuresInRow < this.options.breakerFailures;
  }

  /** Number of requests accepted so far. */
  get accepted(): number {
    return this.acceptedCount;
  }

  get state(): { limit: number; inFlight: number; isHealthy: boolean } {
    return { limit: Math.floor(this.limit), inFlight: this.inFlight, isHealthy: this.isHealthy };
  }

  /** Number of requests that may be sent now. */
  permits(nowMs: number): number {
    if (nowMs < this.closedUntilMs) return 0;
    const allowed = this.isHealthy ? Math.floor(this.limit) : 1;
    return Math.max(0, allowed - this.inFlight);
  }

  /** When the permits change; Infinity if only a response changes them. */
  wakeAtMs(nowMs: number): number {
    return nowMs < this.closedUntilMs ? this.closedUntilMs : Infinity;
  }

  /** The earliest time of the next request. */
  nextAttemptAtMs(nowMs: number): number {
    return Math.max(nowMs, this.closedUntilMs);
  }

  sent(): void {
    this.inFlight += 1;
  }

  succeeded(sentAtMs: number, nowMs: number): void {
    this.responded(sentAtMs, nowMs);
    this.acceptedCount += 1;
    this.rejectionsInRow = 0;
    if (this.suspended === undefined || this.isProbeOrOpen(sentAtMs)) this.recover();
  }

  /**
   * A request was rejected because of its events. Returns whether its events are the cause. They are not if too many events
   * were rejected in a row with none accepted; then the integration is suspended.
   *
   * @param isSingle whether the request had one event; larger ones are divided until one has
   */
  rejected(sentAtMs: number, nowMs: number, rejection: Suspension, isSingle: boolean): boolean {
    this.responded(sentAtMs, nowMs);
    const isProbe = this.isProbeOrOpen(sentAtMs);
    if (this.suspended !== undefined && this.rejectionsInRow > this.options.maxRejections) {
      if (isProbe) this.suspend(nowMs, this.suspended);
      return false;
    }
    if (isProbe) this.recover();
    if (isSingle) this.rejectionsInRow += 1;
    if (this.rejectionsInRow <= this.options.maxRejections) return true;
    const { reason, detail } = rejection;
    this.suspend(nowMs, {
      reason,
      detail: `${detail} (more than ${this.options.maxRejections} events were rejected in a row, and none was accepted)`,
    });
    return false;
  }

  failed(sentAtMs: number, nowMs: number, retryAfterMs: number | undefined): void {
    this.inFlight -= 1;
    this.decrease(sentAtMs, nowMs);
    if (!this.isProbeOrOpen(sentAtMs)) return;
    this.failuresInRow += 1;
    if (this.isHealthy) return;
    const waitMs = this.nextProbeMs(
      this.suspended === undefined ? this.options.breakerBackoff : this.options.suspensionBackoff,
    );
    this.closeFor(Math.max(waitMs, Math.min(retryAfterMs ?? 0, this.options.maxRetryAfterMs)), nowMs);
  }

  /** A request ended whose response says nothing about the others. */
  endedIndependently(): void {
    this.inFlight -= 1;
  }

  /** The request was not sent. It and all others must wait. */
  postponed(nowMs: number, waitMs: number): void {
    this.inFlight -= 1;
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + waitMs);
  }

  integrationRejected(sentAtMs: number, nowMs: number, suspension: Suspension): void {
    this.inFlight -= 1;
    if (this.isProbeOrOpen(sentAtMs) || this.suspended === undefined) this.suspend(nowMs, suspension);
  }

  /** The integration has changed: requests are permitted at once. */
  reopen(): void {
    this.rejectionsInRow = 0;
    this.recover();
  }

  private recover(): void {
    this.suspended = undefined;
    this.failuresInRow = 0;
    this.failedProbes = 0;
    this.closedAtMs = -Infinity;
    this.closedUntilMs = -Infinity;
  }

  private suspend(nowMs: number, suspension: Suspension): void {
    this.suspended = suspension;
    this.closeFor(this.nextProbeMs(this.options.suspensionBackoff), nowMs);
  }

  /** False if the request was sent before the gate closed and is not a probe. */
  private isProbeOrOpen(sentAtMs: number): boolean {
    return sentAtMs > this.closedAtMs;
  }

  private responded(sentAtMs: number, nowMs: number): void {
    this.inFlight -= 1;
    if (nowMs - sentAtMs > this.options.slowResponseMs) this.decrease(sentAtMs, nowMs);
    else this.limit = Math.min(this.options.maxInFlight, this.limit + 1 / this.limit);
  }

  private nextProbeMs(backoff: BackoffOptions): number {
    this.failedProbes += 1;
    // At least half of the limit, so that jitter does not cause frequent probes.
    return Math.max(
      backoffMs(this.failedProbes, backoff, () => 0.5),
      backoffMs(this.failedProbes, backoff, this.random),
    );
  }

  private closeFor(waitMs: number, nowMs: number): void {
    this.closedAtMs = nowMs;
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + waitMs);
  }

  /** Decreases once for all requests that were in flight together. */
  private decrease(sentAtMs: number, nowMs: number): void {
    if (sentAtMs <= this.lastDecreaseMs) return;
    this.lastDecreaseMs = nowMs;
    this.limit = Math.max(Math.min(minInFlight, this.options.maxInFlight), this.limit * decreaseFactor);
  }
}
