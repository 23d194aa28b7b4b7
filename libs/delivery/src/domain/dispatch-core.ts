import { backoffMs } from './backoff';
import { ClaimBuffer } from './claim-buffer';
import { type DispatchPolicy } from './dispatch-policy';
import {
  type DeliveryRequest,
  type Effect,
  type RejectVerdict,
  type RetryVerdict,
  type SuspendVerdict,
} from './effects';
import { KeyedQueues } from './keyed-queues';
import { type ClaimResult } from './ledger';
import { type PendingEvent, type Progress } from './pending-event';
import { SendGate, type Suspension } from './send-gate';
import { type Verdict } from './verdict';

/** Maximum number of left events whose progress is remembered. */
const maxRemembered = 50_000;
/** Minimum time before events that were left to free memory are read again, because rereading is expensive. */
const minLeftMs = 5_000;

/**
 * Decides how the events of one integration are delivered: each event is claimed before it is sent, events of one order key
 * are sent in order, and the gate permits every request. It does no I/O: its methods report what has happened, and `next`
 * returns the effects to perform.
 *
 * While the integration is not served (paused, missing or unreadable), the core holds no events. While Statsig does not accept
 * requests (the breaker is open, or the integration is suspended), it holds a few events for probes. All others are left in
 * Kafka.
 *
 * If sandbox events have a server secret of their own, they are independent: they share no request with others, and responses
 * to them do not change what is sent otherwise. The gate ignores them, and if their secret is rejected, they become dead letters
 * instead of suspending the integration.
 */
export class DispatchCore<E extends PendingEvent> {
  private readonly queues = new KeyedQueues<E>();
  private readonly claimed: ClaimBuffer<E>;
  private readonly gate: SendGate;
  /** Ids of events that are claimed or being claimed. */
  private readonly claimedIds = new Set<string>();
  private readonly remembered = new Map<string, Progress>();
  private effects: Effect<E>[] = [];
  /** Parts of divided requests, which are sent before all other events. */
  private parts: (readonly E[])[][] = [];
  private isClaiming = false;
  /** Number of accepted requests with independent events. */
  private acceptedIndependent = 0;
  private isServed = true;
  private hasSandboxSecret = false;
  private readonly isIndependent = ({ isSandbox = false }: E): boolean => isSandbox && this.hasSandboxSecret;
  /** Events were left. No events are accepted before they are read again, because these would overtake them. */
  private hasLeft = false;
  /**
   * Order keys whose events are left while others are accepted, and when they may be read again. They were left to free memory,
   * or because an earlier event of the key is held for probes.
   */
  private readonly leftKeys = new Map<string, number>();
  private nextLeftKeyMs = Infinity;
  /** The events of these keys can be sent now: Statsig accepts requests again, or the integration has changed. */
  private isRereadUrgent = false;
  /** A probe is due, and more events can be held for probes: the held ones may be the cause of the failures. */
  private needsProbes = false;
  /** Left events were read again since the gate last closed. Once for each probe is enough. */
  private hasReread = false;
  private lastNextMs = 0;

  constructor(
    private readonly policy: DispatchPolicy,
    private readonly random: () => number,
  ) {
    this.gate = new SendGate(policy.gate, random);
    this.claimed = new ClaimBuffer(policy, this.isIndependent);
  }

  get state() {
    return { ...this.gate.state, waiting: this.queues.size, claimed: this.claimed.size };
  }

  get suspension(): Suspension | undefined {
    return this.gate.suspension;
  }

  /** Whether `accept` would keep more events. */
  get wantsEvents(): boolean {
    return this.isServed && !this.hasLeft;
  }

  /**
   * Whether left events should be read again, which `rereading` reports: `at_once` if sending waits for them, `in_time` if the
   * reread should not delay anything else.
   */
  get wantsLeft(): 'at_once' | 'in_time' | undefined {
    if (!this.isServed) return undefined;
    if (!this.gate.isHealthy) return this.needsProbes ? 'at_once' : undefined;
    if (this.hasLeft) return 'at_once';
    if (this.nextLeftKeyMs > this.lastNextMs) return undefined;
    return this.isRereadUrgent ? 'at_once' : 'in_time';
  }

  /** Reports that the left events are read again, before the events behind them. */
  rereading(): void {
    this.hasLeft = false;
    this.isRereadUrgent = false;
    this.nextLeftKeyMs = Infinity;
    for (const [key, dueMs] of this.leftKeys) {
      if (dueMs <= this.lastNextMs) this.leftKeys.delete(key);
      else this.nextLeftKeyMs = Math.min(this.nextLeftKeyMs, dueMs);
    }
    this.needsProbes = false;
    this.hasReread = true;
  }

  accept(events: readonly E[], nowMs: number): void {
    if (!this.wantsEvents) {
      this.leave(events);
      return;
    }
    for (const event of events) {
      if (this.leftKeys.has(event.orderKey)) {
        this.effects.push({ kind: 'leave', events: [event] });
        continue;
      }
      const before = this.remembered.get(event.eventId);
      if (before !== undefined)
        Object.assign(event.progress, { ...before, isRevoked: event.progress.isRevoked });
      this.remembered.delete(event.eventId);
      this.queues.push(event);
    }
    if (!this.gate.isHealthy) this.leaveWaiting(nowMs);
  }

  /** Serves the integration, whose settings may have changed. Ends all waits, since their cause may be fixed. */
  serve(): void {
    this.isServed = true;
    this.gate.reopen();
    this.queues.wakeAll();
    for (const key of this.leftKeys.keys()) this.leftKeys.set(key, 0);
    if (this.leftKeys.size === 0) return;
    this.nextLeftKeyMs = 0;
    this.isRereadUrgent = true;
  }

  /** Reports whether the integration has a server secret for sandbox events, which applies to all further requests. */
  useSandboxSecret(hasSandboxSecret: boolean, nowMs: number): void {
    if (hasSandboxSecret === this.hasSandboxSecret) return;
    this.hasSandboxSecret = hasSandboxSecret;
    // The parts of divided requests may have events of both kinds.
    this.requeueParts(nowMs, () => true);
  }

  /**
   * Leaves the queues that are backing off, because their events fill the memory. Events of other order keys are accepted
   * meanwhile.
   */
  leaveBackingOff(nowMs: number): void {
    for (const { key, notBeforeMs, events } of this.queues.removeBackingOff()) {
      const dueMs = Math.max(notBeforeMs, nowMs + minLeftMs);
      this.leftKeys.set(key, dueMs);
      this.nextLeftKeyMs = Math.min(this.nextLeftKeyMs, dueMs);
      this.leaveInKafka(events);
    }
  }

  /** Stops serving the integration: it is paused, missing or unreadable. */
  stop(nowMs: number): void {
    this.isServed = false;
    this.leaveWaiting(nowMs);
  }

  /** Returns the effects to perform now. */
  next(nowMs: number): Effect<E>[] {
    this.lastNextMs = nowMs;
    if (this.isServed) {
      this.queues.wake(nowMs);
      this.send(nowMs);
      this.claim(nowMs);
      this.askForProbes(nowMs);
    }
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** When to call `next` if nothing else happens; Infinity: never. */
  get wakeAtMs(): number {
    const nowMs = this.lastNextMs;
    if (!this.isServed) return Infinity;
    const { lingerEndMs } = this.claimed;
    const { nextLeftKeyMs } = this;
    return Math.min(
      this.queues.wakeAtMs,
      nextLeftKeyMs > nowMs ? nextLeftKeyMs : Infinity,
      this.gate.wakeAtMs(nowMs),
      lingerEndMs > nowMs ? lingerEndMs : Infinity,
    );
  }

  /** Reports the results of a claim, in the order of its events. */
  claimResults(events: readonly E[], results: readonly ClaimResult[], nowMs: number): void {
    this.isClaiming = false;
    const blocked = new Set<string>();
    const claimed: E[] = [];
    const toRequeue: E[] = [];
    const toRelease: E[] = [];
    for (const [i, event] of events.entries()) {
      const result = results[i] ?? 'leased_elsewhere';
      const isBlocked = blocked.has(event.orderKey) || event.progress.isRevoked;
      if (result === 'leased_elsewhere' || isBlocked) {
        blocked.add(event.orderKey);
        toRequeue.push(event);
        if (result === 'claimed') toRelease.push(event);
        continue;
      }
      switch (result) {
        case 'claimed':
          claimed.push(event);
          break;
        case 'delivered':
        case 'maybe_delivered':
          this.effects.push({ kind: 'duplicate', event, isCertain: result === 'delivered' });
          this.finish(event);
          break;
        case 'abandoned':
          this.effects.push({
            kind: 'dead_letter',
            event,
            reason: 'owner_vanished',
            detail:
              'The process that had claimed this event ended before it recorded the outcome; Statsig may have it.',
            isAmbiguous: true,
          });
      }
    }
    this.claimed.add(claimed, nowMs);
    if (toRelease.length > 0) this.effects.push({ kind: 'release', events: toRelease });
    this.requeue(toRequeue, nowMs + this.policy.leasedRetryMs);
    // A claimed single event may be the probe.
    if (!this.isServed || (!this.gate.isHealthy && events.length > 1)) this.leaveWaiting(nowMs);
  }

  /** Reports that a claim failed. */
  claimFailed(events: readonly E[], nowMs: number): void {
    this.isClaiming = false;
    this.requeue(events, nowMs + this.policy.leasedRetryMs);
    if (!this.isServed) this.leaveWaiting(nowMs);
  }

  /** Reports the outcome of a request. */
  responded(request: DeliveryRequest<E>, verdict: Verdict, nowMs: number): void {
    const { events, sentAtMs } = request;
    if (request.isIndependent) {
      this.respondedIndependently(request, verdict, nowMs);
      return;
    }
    switch (verdict.kind) {
      case 'accepted':
        this.gate.succeeded(sentAtMs, nowMs);
        this.effects.push({ kind: 'mark_delivered', events, request });
        this.continueWith(request, nowMs);
        break;
      case 'reject':
        this.reject(request, verdict, nowMs);
        break;
      case 'retry':
        this.gate.failed(sentAtMs, nowMs, verdict.retryAfterMs);
        this.retry(request, verdict, nowMs);
        break;
      case 'suspend':
        this.gate.integrationRejected(sentAtMs, nowMs, verdict);
        this.suspended(request, verdict, nowMs);
    }
    if (!this.isServed || !this.gate.isHealthy) this.leaveAfterResponse(nowMs);
  }

  private leaveAfterResponse(nowMs: number): void {
    this.hasReread = false;
    this.leaveWaiting(nowMs);
  }

  private respondedIndependently(request: DeliveryRequest<E>, verdict: Verdict, nowMs: number): void {
    const { events } = request;
    this.gate.endedIndependently();
    switch (verdict.kind) {
      case 'accepted':
        this.acceptedIndependent += 1;
        this.effects.push({ kind: 'mark_delivered', events, request });
        this.continueWith(request, nowMs);
        break;
      case 'reject':
        this.divideOrDeadLetter(request, verdict, nowMs);
        break;
      case 'retry':
        this.retry(request, verdict, nowMs);
        break;
      case 'suspend':
        for (const event of events)
          this.effects.push({
            kind: 'dead_letter',
            event,
            request,
            reason: 'sandbox_secret_rejected',
            detail: verdict.detail,
            isAmbiguous: false,
          });
        this.continueWith(request, nowMs);
    }
    if (!this.isServed || !this.gate.isHealthy) this.leaveAfterResponse(nowMs);
  }

  /** Whether a request that was delayed may still be sent. Otherwise its events are requeued. */
  confirm(request: DeliveryRequest<E>, nowMs: number): boolean {
    if (this.isUsable(request.events, nowMs)) return true;
    this.postponed(request, nowMs, 0);
    return false;
  }

  /** Reports that a request was not sent, because the rate limit allows none for `waitMs`. */
  postponed(request: DeliveryRequest<E>, nowMs: number, waitMs: number): void {
    this.gate.postponed(nowMs, waitMs);
    for (const { progress } of request.events) progress.attempts -= 1;
    const parts = [request.events, ...request.then];
    if (this.isUsable(parts.flat(), nowMs + waitMs)) this.parts.unshift(parts);
    else this.releaseAndRequeue(parts.flat(), nowMs);
    if (!this.isServed) this.leaveWaiting(nowMs);
  }

  /** Reports that an event is marked as delivered or dead-lettered, so that the next event of its key can be sent. */
  finish(event: E): void {
    this.claimedIds.delete(event.eventId);
    this.queues.finish(event);
  }

  /** Leaves events of revoked partitions to other processes, except those in flight, which this process completes. */
  leaveRevoked(nowMs: number): void {
    const isRevoked = ({ progress }: E): boolean => progress.isRevoked;
    this.releaseAndRequeue(this.claimed.remove(isRevoked), nowMs, { thenLeave: false });
    this.requeueParts(nowMs, isRevoked, { thenLeave: false });
    this.leaveInKafka(this.queues.remove(isRevoked));
  }

  private claim(nowMs: number): void {
    const { next } = this.queues;
    if (this.isClaiming || next === undefined) return;
    const { requestEvents, claimBytes } = this.policy;
    const claimCount = this.policy.claimCount[next.format];
    // Claims are few and large: the next one is made when half of the events are sent, or too few remain for a full request.
    if (this.claimed.size >= Math.max(this.claimed.requestEvents, claimCount / 2)) return;
    // While only a probe may be sent, other claims would expire.
    if (!this.gate.isHealthy && (this.gate.permits(nowMs) === 0 || this.claimed.size > 0)) return;
    const count = this.gate.isHealthy ? claimCount : 1;
    const events = this.queues.take(
      { count, bytes: claimBytes, perKey: ({ format }) => requestEvents[format] },
      ({ eventId }) => {
        // A second copy waits for the first: in the ledger, both would have the token of this process.
        if (this.claimedIds.has(eventId)) return false;
        this.claimedIds.add(eventId);
        return true;
      },
    );
    if (events.length === 0) return;
    for (const { progress } of events) progress.claimedAtMs = nowMs;
    this.isClaiming = true;
    this.effects.push({ kind: 'claim', events });
  }

  private send(nowMs: number): void {
    this.releaseAndRequeue(this.claimed.removeOlderThan(this.policy.claimMaxAgeMs, nowMs), nowMs);
    this.requeueParts(nowMs, ({ progress }) => nowMs - progress.claimedAtMs > this.policy.claimMaxAgeMs);
    for (let permits = this.gate.permits(nowMs); permits > 0; permits -= 1) {
      const [events, ...then] = this.parts.shift() ?? [this.takeRequest(nowMs)];
      const [first] = events ?? [];
      if (events === undefined || first === undefined) return;
      const request = { events, isIndependent: this.isIndependent(first), then, sentAtMs: nowMs };
      for (const { progress } of events) {
        progress.attempts += 1;
        progress.acceptedWhenSent = this.acceptedLike(request);
      }
      this.gate.sent();
      this.effects.push({ kind: 'send', request });
    }
  }

  private takeRequest(nowMs: number): E[] {
    const events = this.claimed.takeRequest(nowMs);
    this.releaseAndRequeue(this.claimed.removeRestOf(events), nowMs);
    return events;
  }

  private askForProbes(nowMs: number): void {
    const held = this.queues.size + this.claimedIds.size;
    this.needsProbes =
      !this.gate.isHealthy &&
      // The held events may have ended without a request, as duplicates or dead letters.
      (!this.hasReread || held === 0) &&
      held < this.policy.probeEvents &&
      nowMs >= this.gate.nextAttemptAtMs(nowMs) &&
      (this.hasLeft || this.hasLeftHeads(nowMs));
  }

  /** Whether all events of some order key are left, including the first one. */
  private hasLeftHeads(nowMs: number): boolean {
    if (this.nextLeftKeyMs > nowMs) return false;
    return [...this.leftKeys].some(([key, dueMs]) => dueMs <= nowMs && !this.queues.has(key));
  }

  /** Schedules the next part of a divided request. */
  private continueWith({ then }: DeliveryRequest<E>, nowMs: number): void {
    const events = then.flat();
    if (events.length === 0) return;
    if (this.isUsable(events, nowMs)) this.parts.push([...then]);
    else this.releaseAndRequeue(events, nowMs);
  }

  private isUsable(events: readonly E[], nowMs: number): boolean {
    const { claimMaxAgeMs } = this.policy;
    return (
      this.isServed &&
      new Set(events.map(this.isIndependent)).size <= 1 &&
      events.every(({ progress }) => !progress.isRevoked && nowMs - progress.claimedAtMs <= claimMaxAgeMs)
    );
  }

  private reject(request: DeliveryRequest<E>, verdict: RejectVerdict, nowMs: number): void {
    const { events, sentAtMs } = request;
    if (this.gate.rejected(sentAtMs, nowMs, verdict, events.length === 1))
      this.divideOrDeadLetter(request, verdict, nowMs);
    else this.suspended(request, { ...verdict, kind: 'suspend' }, nowMs);
  }

  /** The events of the request are the cause: divides it until the invalid event is alone. */
  private divideOrDeadLetter(request: DeliveryRequest<E>, verdict: RejectVerdict, nowMs: number): void {
    const { events, then } = request;
    const [event, ...others] = events;
    if (event !== undefined && others.length === 0) {
      const { reason, detail } = verdict;
      this.effects.push({ kind: 'dead_letter', event, request, reason, detail, isAmbiguous: false });
      this.continueWith(request, nowMs);
      return;
    }
    const middle = Math.ceil(events.length / 2);
    const halves = [events.slice(0, middle), events.slice(middle), ...then];
    this.continueWith({ ...request, then: halves }, nowMs);
  }

  private suspended(request: DeliveryRequest<E>, verdict: SuspendVerdict, nowMs: number): void {
    if (this.gate.suspension !== undefined)
      this.effects.push({ kind: 'suspended', suspension: this.gate.suspension });
    const again = this.deadLetterIfCause(request, verdict);
    const nextAttemptAtMs = this.gate.nextAttemptAtMs(nowMs);
    this.attemptAgain(again, request, verdict, nextAttemptAtMs, nowMs);
  }

  private retry(request: DeliveryRequest<E>, verdict: RetryVerdict, nowMs: number): void {
    const { policy } = this;
    const { reason, detail } = verdict;
    if (verdict.ambiguous) for (const { progress } of request.events) progress.maybeDelivered = true;
    let again = this.deadLetterIfCause(request, verdict);
    if (verdict.ambiguous && policy.onAmbiguous === 'dead_letter') {
      for (const event of again)
        this.effects.push({ kind: 'dead_letter', event, request, reason, detail, isAmbiguous: true });
      again = [];
    }
    const waitMs = Math.max(
      backoffMs(request.events[0]?.progress.attempts ?? 1, policy.backoff, this.random),
      Math.min(verdict.retryAfterMs ?? 0, policy.maxRetryAfterMs),
    );
    this.attemptAgain(again, request, verdict, nowMs + waitMs, nowMs);
  }

  /**
   * An event that keeps failing alone while others are accepted is the cause, and becomes a dead letter. Returns the
   * other events.
   */
  private deadLetterIfCause(
    request: DeliveryRequest<E>,
    { reason, detail }: RetryVerdict | SuspendVerdict,
  ): readonly E[] {
    const accepted = this.acceptedLike(request);
    for (const { progress } of request.events)
      if (accepted > progress.acceptedWhenSent) progress.failuresAmongSuccesses += 1;
    const [event, ...others] = request.events;
    const isCause =
      event !== undefined &&
      others.length === 0 &&
      event.progress.failuresAmongSuccesses >= this.policy.maxFailuresAmongSuccesses;
    if (!isCause) return request.events;
    const isAmbiguous = event.progress.maybeDelivered && this.policy.onAmbiguous === 'dead_letter';
    this.effects.push({ kind: 'dead_letter', event, request, reason, detail, isAmbiguous });
    return [];
  }

  /** Number of accepted requests that were sent with the same secret. */
  private acceptedLike({ isIndependent }: Pick<DeliveryRequest<E>, 'isIndependent'>): number {
    return isIndependent ? this.acceptedIndependent : this.gate.accepted;
  }

  private attemptAgain(
    events: readonly E[],
    request: DeliveryRequest<E>,
    verdict: RetryVerdict | SuspendVerdict,
    nextAttemptAtMs: number,
    nowMs: number,
  ): void {
    if (events.length === 0) {
      this.continueWith(request, nowMs);
      return;
    }
    this.effects.push({ kind: 'retrying', events, request, verdict, nextAttemptAtMs });
    this.releaseAndRequeue([events, ...request.then].flat(), nextAttemptAtMs);
  }

  /** Leaves all events that are not in flight, except those held for probes. */
  private leaveWaiting(nowMs: number): void {
    this.releaseAndRequeue(this.claimed.remove(), nowMs, { thenLeave: false });
    this.requeueParts(nowMs, () => true, { thenLeave: false });
    const { probeEvents, probeBytes } = this.policy;
    const heads = this.isServed ? probeEvents : 0;
    const events = this.queues.removeAllButHeads(heads, probeBytes, this.isIndependent);
    const isBehindHead = ({ orderKey }: E): boolean => this.queues.has(orderKey);
    // More events of other order keys, which can be probes, may follow behind them.
    const behindHeads = events.filter(isBehindHead);
    for (const { orderKey } of behindHeads) this.leftKeys.set(orderKey, nowMs);
    if (behindHeads.length > 0) {
      this.nextLeftKeyMs = Math.min(this.nextLeftKeyMs, nowMs);
      this.isRereadUrgent = true;
    }
    this.leaveInKafka(behindHeads);
    this.leave(events.filter((event) => !isBehindHead(event)));
  }

  private leave(events: readonly E[]): void {
    if (events.length === 0) return;
    this.hasLeft = true;
    this.leaveInKafka(events);
  }

  private leaveInKafka(events: readonly E[]): void {
    if (events.length === 0) return;
    for (const { eventId, progress } of events) if (progress.attempts > 0) this.remember(eventId, progress);
    this.effects.push({ kind: 'leave', events });
  }

  private remember(eventId: string, progress: Progress): void {
    this.remembered.set(eventId, progress);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > maxRemembered && oldest !== undefined) this.remembered.delete(oldest);
  }

  /** The parts of a divided request are requeued together, because several may have events of the same key. */
  private requeueParts(
    nowMs: number,
    which: (event: E) => boolean,
    options: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    if (this.parts.length === 0) return;
    const [back = [], kept = []] = [true, false].map((wanted) =>
      this.parts.filter((request) => request.flat().some(which) === wanted),
    );
    this.parts = kept;
    this.releaseAndRequeue(back.flat(2), nowMs, options);
  }

  /** Releases the leases and returns the events to the heads of their queues. */
  private releaseAndRequeue(
    events: readonly E[],
    notBeforeMs: number,
    options: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    if (events.length === 0) return;
    this.effects.push({ kind: 'release', events });
    this.requeue(events, notBeforeMs, options);
  }

  private requeue(
    events: readonly E[],
    notBeforeMs: number,
    { thenLeave }: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    for (const { eventId } of events) this.claimedIds.delete(eventId);
    this.queues.requeue(events, notBeforeMs);
    if (thenLeave && events.some(({ progress }) => progress.isRevoked)) this.leaveRevoked(notBeforeMs);
  }
}
