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

/** Events of which it is remembered what had happened before they were left. */
const maxRemembered = 50_000;
/** Minimum time before the events of an order key that were left to make room are read again: reading has its price. */
const minLeftMs = 5_000;

/**
 * Decides how the events of one integration are delivered: each claimed before it is sent, those of one order key in
 * order, every request within the gate. It does nothing itself: it is told what has happened, and says what to do next.
 *
 * Served or not is part of its state. While an operator has paused the integration, or there is none, it holds nothing;
 * while Statsig does not accept requests (the breaker is open, or the integration is suspended) it holds a few events for
 * probes. Everything else is left in Kafka.
 */
export class DispatchCore<E extends PendingEvent> {
  private readonly queues = new KeyedQueues<E>();
  private readonly claimed: ClaimBuffer<E>;
  private readonly gate: SendGate;
  /** Ids of events that are claimed, or about to be. */
  private readonly claimedIds = new Set<string>();
  private readonly remembered = new Map<string, Progress>();
  private effects: Effect<E>[] = [];
  /** Parts of divided requests: they are sent before anything else. */
  private parts: (readonly E[])[][] = [];
  private isClaiming = false;
  private isServed = true;
  /** Events were left: nothing is accepted before they are read again, or it would overtake them. */
  private hasLeft = false;
  /**
   * Order keys whose events are left while others are accepted, and when they may be read again: there was no room for
   * them, or an earlier event of theirs is held for probes.
   */
  private readonly leftKeys = new Map<string, number>();
  private nextLeftKeyMs = Infinity;
  /** What these waited for is over: Statsig accepts requests again, or the integration has changed. */
  private isRereadUrgent = false;
  /** A probe is due, and fewer events are held for probes than could be: those that are held may be the cause. */
  private needsProbes = false;
  /** What was left has been read again since the gate closed the last time: once for each probe is enough. */
  private hasReread = false;
  private lastNextMs = 0;

  constructor(
    private readonly policy: DispatchPolicy,
    private readonly random: () => number,
  ) {
    this.gate = new SendGate(policy.gate, random);
    this.claimed = new ClaimBuffer(policy);
  }

  get state() {
    return { ...this.gate.state, waiting: this.queues.size, claimed: this.claimed.size };
  }

  get suspension(): Suspension | undefined {
    return this.gate.suspension;
  }

  /** Whether more events are of use now. */
  get wantsEvents(): boolean {
    return this.isServed && !this.hasLeft;
  }

  /**
   * Whether what was left is to be read again → `rereading`: at once if nothing is sent before that, else when it delays
   * nothing.
   */
  get wantsLeft(): 'at_once' | 'in_time' | undefined {
    if (!this.isServed) return undefined;
    if (!this.gate.isHealthy) return this.needsProbes ? 'at_once' : undefined;
    if (this.hasLeft) return 'at_once';
    if (this.nextLeftKeyMs > this.lastNextMs) return undefined;
    return this.isRereadUrgent ? 'at_once' : 'in_time';
  }

  /** What was left will be accepted again, before anything behind it. */
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
        Object.assign(event.progress, { ...before, isWithdrawn: event.progress.isWithdrawn });
      this.remembered.delete(event.eventId);
      this.queues.push(event);
    }
    if (!this.gate.isHealthy) this.leaveWaiting(nowMs);
  }

  /** The integration is to be served, with settings that may have changed: whatever kept it waiting may be over. */
  serve(): void {
    this.isServed = true;
    this.gate.reopen();
    this.queues.wakeAll();
    for (const key of this.leftKeys.keys()) this.leftKeys.set(key, 0);
    if (this.leftKeys.size === 0) return;
    this.nextLeftKeyMs = 0;
    this.isRereadUrgent = true;
  }

  /**
   * The memory is full of events that wait for the next attempt at one of them: they are left, and events of other order
   * keys are accepted meanwhile.
   */
  makeRoom(nowMs: number): void {
    for (const { key, notBeforeMs, events } of this.queues.removeResting()) {
      const dueMs = Math.max(notBeforeMs, nowMs + minLeftMs);
      this.leftKeys.set(key, dueMs);
      this.nextLeftKeyMs = Math.min(this.nextLeftKeyMs, dueMs);
      this.leaveInKafka(events);
    }
  }

  /** The integration is not to be served: an operator has paused it, or it is missing or unreadable. */
  stop(nowMs: number): void {
    this.isServed = false;
    this.leaveWaiting(nowMs);
  }

  /** Everything that has to be done now. */
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

  /** When to call `next` although nothing has happened since its last call; Infinity: never. */
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

  /** The results of a claim, in order. */
  claimResults(events: readonly E[], results: readonly ClaimResult[], nowMs: number): void {
    this.isClaiming = false;
    const blocked = new Set<string>();
    const claimed: E[] = [];
    const putBack: E[] = [];
    const toRelease: E[] = [];
    for (const [i, event] of events.entries()) {
      const result = results[i] ?? 'held';
      const isBlocked = blocked.has(event.orderKey) || event.progress.isWithdrawn;
      if (result === 'held' || isBlocked) {
        blocked.add(event.orderKey);
        putBack.push(event);
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
    this.returnToQueues(putBack, nowMs + this.policy.heldRetryMs);
    // A claim of one event may be for a probe.
    if (!this.isServed || (!this.gate.isHealthy && events.length > 1)) this.leaveWaiting(nowMs);
  }

  /** The ledger could not be asked. */
  claimFailed(events: readonly E[], nowMs: number): void {
    this.isClaiming = false;
    this.returnToQueues(events, nowMs + this.policy.heldRetryMs);
    if (!this.isServed) this.leaveWaiting(nowMs);
  }

  /** What came of a request. */
  responded(request: DeliveryRequest<E>, verdict: Verdict, nowMs: number): void {
    const { events, sentAtMs } = request;
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
        this.gate.refused(sentAtMs, nowMs, verdict);
        this.suspended(request, verdict, nowMs);
    }
    if (!this.isServed || !this.gate.isHealthy) {
      this.hasReread = false;
      this.leaveWaiting(nowMs);
    }
  }

  /** Whether a request that had to wait for its turn may be sent. Otherwise it is put back. */
  confirm(request: DeliveryRequest<E>, nowMs: number): boolean {
    if (this.isUsable(request.events, nowMs)) return true;
    this.postponed(request, nowMs, 0);
    return false;
  }

  /** A request was not sent, since a limit on requests is used up for so long. */
  postponed(request: DeliveryRequest<E>, nowMs: number, waitMs: number): void {
    this.gate.postponed(nowMs, waitMs);
    for (const { progress } of request.events) progress.attempts -= 1;
    const parts = [request.events, ...request.then];
    if (this.isUsable(parts.flat(), nowMs + waitMs)) this.parts.unshift(parts);
    else this.giveBack(parts.flat(), nowMs);
    if (!this.isServed) this.leaveWaiting(nowMs);
  }

  /** Marked as delivered, or set aside: the next event of its key may go. */
  finish(event: E): void {
    this.claimedIds.delete(event.eventId);
    this.queues.finish(event);
  }

  /** Leaves to others what is withdrawn and not in flight. What is in flight is completed here. */
  leaveWithdrawn(nowMs: number): void {
    const isWithdrawn = ({ progress }: E): boolean => progress.isWithdrawn;
    this.giveBack(this.claimed.remove(isWithdrawn), nowMs, { thenLeave: false });
    this.putPartsBack(nowMs, isWithdrawn, { thenLeave: false });
    this.leaveInKafka(this.queues.remove(isWithdrawn));
  }

  private claim(nowMs: number): void {
    const { next } = this.queues;
    if (this.isClaiming || next === undefined) return;
    const { requestEvents, claimBytes } = this.policy;
    const claimCount = this.policy.claimCount[next.format];
    // Claims are few and large: more are made when half are used up, or too few are left for a full request.
    if (this.claimed.size >= Math.max(this.claimed.requestEvents, claimCount / 2)) return;
    // While only a probe may go, claims for more would expire.
    if (!this.gate.isHealthy && (this.gate.permits(nowMs) === 0 || this.claimed.size > 0)) return;
    const count = this.gate.isHealthy ? claimCount : 1;
    const events = this.queues.take(
      { count, bytes: claimBytes, perKey: ({ format }) => requestEvents[format] },
      ({ eventId }) => {
        // A second copy waits for the first: the ledger could not tell them apart, since this process has one token.
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
    this.giveBack(this.claimed.removeOlderThan(this.policy.claimMaxAgeMs, nowMs), nowMs);
    this.putPartsBack(nowMs, ({ progress }) => nowMs - progress.claimedAtMs > this.policy.claimMaxAgeMs);
    for (let permits = this.gate.permits(nowMs); permits > 0; permits -= 1) {
      const [events, ...then] = this.parts.shift() ?? [this.cut(nowMs)];
      if (events === undefined || events.length === 0) return;
      for (const { progress } of events) {
        progress.attempts += 1;
        progress.acceptedWhenSent = this.gate.accepted;
      }
      this.gate.sent();
      this.effects.push({ kind: 'send', request: { events, then, sentAtMs: nowMs } });
    }
  }

  private cut(nowMs: number): E[] {
    const events = this.claimed.cut(nowMs);
    this.giveBack(this.claimed.removeRestOf(events), nowMs);
    return events;
  }

  private askForProbes(nowMs: number): void {
    const held = this.queues.size + this.claimedIds.size;
    this.needsProbes =
      !this.gate.isHealthy &&
      // Those that were held may have been finished without a request: as duplicates, or as dead letters.
      (!this.hasReread || held === 0) &&
      held < this.policy.probeEvents &&
      nowMs >= this.gate.nextAttemptAtMs(nowMs) &&
      (this.hasLeft || this.hasLeftHeads(nowMs));
  }

  /** Whether the first event of an order key is left, and not only what is behind it. */
  private hasLeftHeads(nowMs: number): boolean {
    if (this.nextLeftKeyMs > nowMs) return false;
    return [...this.leftKeys].some(([key, dueMs]) => dueMs <= nowMs && !this.queues.has(key));
  }

  /** The part of a divided request that comes after this one. */
  private continueWith({ then }: DeliveryRequest<E>, nowMs: number): void {
    const events = then.flat();
    if (events.length === 0) return;
    if (this.isUsable(events, nowMs)) this.parts.push([...then]);
    else this.giveBack(events, nowMs);
  }

  private isUsable(events: readonly E[], nowMs: number): boolean {
    const { claimMaxAgeMs } = this.policy;
    return (
      this.isServed &&
      events.every(({ progress }) => !progress.isWithdrawn && nowMs - progress.claimedAtMs <= claimMaxAgeMs)
    );
  }

  private reject(request: DeliveryRequest<E>, verdict: RejectVerdict, nowMs: number): void {
    const { events, sentAtMs, then } = request;
    const [event, ...others] = events;
    const isSingle = event !== undefined && others.length === 0;
    if (!this.gate.rejected(sentAtMs, nowMs, verdict, isSingle)) {
      this.suspended(request, { ...verdict, kind: 'suspend' }, nowMs);
      return;
    }
    if (isSingle) {
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
    const again = this.blameHopeless(request, verdict);
    const nextAttemptAtMs = this.gate.nextAttemptAtMs(nowMs);
    this.attemptAgain(again, request, verdict, nextAttemptAtMs, nowMs);
  }

  private retry(request: DeliveryRequest<E>, verdict: RetryVerdict, nowMs: number): void {
    const { policy } = this;
    const { reason, detail } = verdict;
    if (verdict.ambiguous) for (const { progress } of request.events) progress.maybeDelivered = true;
    let again = this.blameHopeless(request, verdict);
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

  /** An event that fails alone again and again while others are accepted is the cause itself. Returns the others. */
  private blameHopeless(
    request: DeliveryRequest<E>,
    { reason, detail }: RetryVerdict | SuspendVerdict,
  ): readonly E[] {
    for (const { progress } of request.events)
      if (this.gate.accepted > progress.acceptedWhenSent) progress.failuresAmongSuccesses += 1;
    const [event, ...others] = request.events;
    const isHopeless =
      event !== undefined &&
      others.length === 0 &&
      event.progress.failuresAmongSuccesses >= this.policy.maxFailuresAmongSuccesses;
    if (!isHopeless) return request.events;
    const isAmbiguous = event.progress.maybeDelivered && this.policy.onAmbiguous === 'dead_letter';
    this.effects.push({ kind: 'dead_letter', event, request, reason, detail, isAmbiguous });
    return [];
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
    this.giveBack([events, ...request.then].flat(), nextAttemptAtMs);
  }

  /** Nothing but probes is sent for now, or nothing at all: what is not in flight waits in Kafka. */
  private leaveWaiting(nowMs: number): void {
    this.giveBack(this.claimed.remove(), nowMs, { thenLeave: false });
    this.putPartsBack(nowMs, () => true, { thenLeave: false });
    const { probeEvents, probeBytes } = this.policy;
    const events = this.queues.removeAllButHeads(this.isServed ? probeEvents : 0, probeBytes);
    const isBehindHead = ({ orderKey }: E): boolean => this.queues.has(orderKey);
    // Behind any number of them there may be events of other order keys, which are probes too.
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

  /** The parts of a divided request go back together, since a key's events may be in several of them. */
  private putPartsBack(
    nowMs: number,
    which: (event: E) => boolean,
    options: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    if (this.parts.length === 0) return;
    const [back = [], kept = []] = [true, false].map((wanted) =>
      this.parts.filter((request) => request.flat().some(which) === wanted),
    );
    this.parts = kept;
    this.giveBack(back.flat(2), nowMs, options);
  }

  /** Lease and place in the queue: others may have the one, the other stays as it was. */
  private giveBack(
    events: readonly E[],
    notBeforeMs: number,
    options: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    if (events.length === 0) return;
    this.effects.push({ kind: 'release', events });
    this.returnToQueues(events, notBeforeMs, options);
  }

  private returnToQueues(
    events: readonly E[],
    notBeforeMs: number,
    { thenLeave }: { thenLeave: boolean } = { thenLeave: true },
  ): void {
    for (const { eventId } of events) this.claimedIds.delete(eventId);
    this.queues.putBack(events, notBeforeMs);
    if (thenLeave && events.some(({ progress }) => progress.isWithdrawn)) this.leaveWithdrawn(notBeforeMs);
  }
}
