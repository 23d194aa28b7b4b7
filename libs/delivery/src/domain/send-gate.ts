import { type BackoffOptions, backoffMs } from './retry-policy';

export interface GateOptions {
  /** Most requests in flight. */
  maxInFlight: number;
  /** An answer that took longer counts as a sign of overload. */
  slowAnswerMs: number;
  /** Failures in a row, with none accepted, that open the breaker. */
  breakerFailures: number;
  /** How long an open breaker waits before it lets a probe through; grows with each failed probe. */
  breakerBackoff: BackoffOptions;
  /** How long a suspended integration waits between probes; grows with each failed probe. */
  suspensionBackoff: BackoffOptions;
  /** Longest wait that a `Retry-After` may ask for. */
  maxRetryAfterMs: number;
}

export interface Suspension {
  reason: string;
  detail: string;
}

const minInFlight = 2;
const decreaseFactor = 0.8;

/**
 * How many requests one integration may have in flight: additive increase, multiplicative decrease; none while its
 * breaker is open or it is suspended, but for one probe now and then.
 */
export class SendGate {
  private limit: number;
  private inFlight = 0;
  private lastDecreaseMs = -Infinity;
  private failuresInRow = 0;
  private failedProbes = 0;
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

  /** Neither suspended nor behind an open breaker: requests are worth trying. */
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

  /** Requests that may be begun now. */
  permits(nowMs: number): number {
    if (nowMs < this.closedUntilMs) return 0;
    const allowed = this.isHealthy ? Math.floor(this.limit) : 1;
    return Math.max(0, allowed - this.inFlight);
  }

  /** When to ask again; Infinity where an answer, not time, will change the permits. */
  wakeAtMs(nowMs: number): number {
    return nowMs < this.closedUntilMs ? this.closedUntilMs : Infinity;
  }

  begun(): void {
    this.inFlight += 1;
  }

  /** The request was taken, or refused for what it carried: Statsig is well. */
  answered(sentAtMs: number, nowMs: number, wasAccepted: boolean): void {
    this.inFlight -= 1;
    if (wasAccepted) this.acceptedCount += 1;
    this.failuresInRow = 0;
    this.failedProbes = 0;
    this.suspended = undefined;
    this.closedUntilMs = -Infinity;
    if (nowMs - sentAtMs > this.options.slowAnswerMs) this.decrease(sentAtMs, nowMs);
    else this.limit = Math.min(this.options.maxInFlight, this.limit + 1 / this.limit);
  }

  failed(sentAtMs: number, nowMs: number, retryAfterMs: number | undefined): void {
    this.inFlight -= 1;
    this.failuresInRow += 1;
    this.decrease(sentAtMs, nowMs);
    if (this.isHealthy) return;
    const waitMs = this.nextProbeMs(this.options.breakerBackoff);
    this.closeFor(Math.max(waitMs, Math.min(retryAfterMs ?? 0, this.options.maxRetryAfterMs)), nowMs);
  }

  /** The request was not sent: its turn comes later, and so do those of others. */
  postponed(nowMs: number, waitMs: number): void {
    this.inFlight -= 1;
    this.closeFor(waitMs, nowMs);
  }

  refused(nowMs: number, suspension: Suspension): void {
    this.inFlight -= 1;
    this.suspend(nowMs, suspension);
  }

  suspend(nowMs: number, suspension: Suspension): void {
    this.suspended = suspension;
    this.closeFor(this.nextProbeMs(this.options.suspensionBackoff), nowMs);
  }

  /** A person has changed something: try at once. */
  reopen(): void {
    this.suspended = undefined;
    this.failuresInRow = 0;
    this.failedProbes = 0;
    this.closedUntilMs = -Infinity;
  }

  private nextProbeMs(backoff: BackoffOptions): number {
    this.failedProbes += 1;
    // Never less than half of the bound: a probe is not worth hurrying.
    return Math.max(
      backoffMs(this.failedProbes, backoff, () => 0.5),
      backoffMs(this.failedProbes, backoff, this.random),
    );
  }

  private closeFor(waitMs: number, nowMs: number): void {
    this.closedUntilMs = Math.max(this.closedUntilMs, nowMs + waitMs);
  }

  /** Once for all requests that were on their way together. */
  private decrease(sentAtMs: number, nowMs: number): void {
    if (sentAtMs <= this.lastDecreaseMs) return;
    this.lastDecreaseMs = nowMs;
    this.limit = Math.max(Math.min(minInFlight, this.options.maxInFlight), this.limit * decreaseFactor);
  }
}
