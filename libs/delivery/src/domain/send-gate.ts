import { type BackoffOptions, backoffMs } from './backoff';

export interface GateOptions {
  /** Maximum number of requests in flight. */
  maxInFlight: number;
  /** A response that took longer counts as a sign of overload. */
  slowResponseMs: number;
  /** Failures in a row, with nothing accepted, that open the circuit breaker. */
  breakerFailures: number;
  /** Rejected events in a row, with nothing accepted, after which the cause is not the events. */
  maxRejections: number;
  /** Wait between probes while the breaker is open; grows with each failed probe. */
  breakerBackoff: BackoffOptions;
  /** Wait between probes while the integration is suspended; grows with each failed probe. */
  suspensionBackoff: BackoffOptions;
  /** Maximum wait that a `Retry-After` may ask for, in ms. */
  maxRetryAfterMs: number;
}

export interface Suspension {
  reason: string;
  detail: string;
}

const minInFlight = 2;
const decreaseFactor = 0.8;

/**
 * How many requests one integration may have in flight: additive increase, multiplicative decrease; while its breaker is
 * open or it is suspended, one probe now and then.
 *
 * A request that was sent before the gate closed is not a probe: its failure says nothing new.
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

  /** Neither suspended nor behind an open breaker: requests are worth sending. */
  get isHealthy(): boolean {
    return this.suspended === undefined && this.failuresInRow < this.options.breakerFailures;
  }

  /** Requests accepted so far. */
  get accepted(): number {
    return this.acceptedCount;
  }

  get state(): { limit: number; inFlight: number; isHealthy: boolean } {
    return { limit: Math.floor(this.limit), inFlight: this.inFlight, isHealthy: this.isHealthy };
  }

  /** Requests that may be sent now. */
  permits(nowMs: number): number {
    if (nowMs < this.closedUntilMs) return 0;
    const allowed = this.isHealthy ? Math.floor(this.limit) : 1;
    return Math.max(0, allowed - this.inFlight);
  }

  /** When to ask again; Infinity if a response, not time, will change the permits. */
  wakeAtMs(nowMs: number): number {
    return nowMs < this.closedUntilMs ? this.closedUntilMs : Infinity;
  }

  /** When the next request may be sent, as far as time decides. */
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
   * A request was rejected for what it carried. Returns whether its events are to blame: not if nothing was accepted for
   * as many rejected events as are allowed. Then the integration is suspended.
   *
   * @param isSingle whether it carried one event; larger ones are divided until one does
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
      detail: `${detail} (${this.options.maxRejections} events were rejected in a row, and none accepted)`,
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

  /** The request was not sent: its turn, and that of others, comes later. */
  postponed(nowMs: number, waitMs: number): void {
    this.inFlight -= 1;
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + waitMs);
  }

  refused(sentAtMs: number, nowMs: number, suspension: Suspension): void {
    this.inFlight -= 1;
    if (this.isProbeOrOpen(sentAtMs) || this.suspended === undefined) this.suspend(nowMs, suspension);
  }

  /** The integration has changed: send at once. */
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

  /** False: it was sent before the gate closed, and is no probe. */
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
    // Never less than half of the limit: a probe is not worth hurrying.
    return Math.max(
      backoffMs(this.failedProbes, backoff, () => 0.5),
      backoffMs(this.failedProbes, backoff, this.random),
    );
  }

  private closeFor(waitMs: number, nowMs: number): void {
    this.closedAtMs = nowMs;
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + waitMs);
  }

  /** Once for all requests that were in flight together. */
  private decrease(sentAtMs: number, nowMs: number): void {
    if (sentAtMs <= this.lastDecreaseMs) return;
    this.lastDecreaseMs = nowMs;
    this.limit = Math.max(Math.min(minInFlight, this.options.maxInFlight), this.limit * decreaseFactor);
  }
}
