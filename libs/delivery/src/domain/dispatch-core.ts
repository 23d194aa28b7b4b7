import { CustomerLanes } from './customer-lanes';
import { type DeliveryFormat } from './delivery';
import { type ClaimResult } from './ledger';
import { type Parcel } from './parcel';
import { type BackoffOptions, backoffMs } from './retry-policy';
import { type GateOptions, SendGate, type Suspension } from './send-gate';
import { type Verdict } from './verdict';

export interface DispatchPolicy {
  /** Most events in one request: 1 where Statsig takes one. */
  unitCount: Readonly<Record<DeliveryFormat, number>>;
  unitBytes: number;
  /** How long a request that is not full waits for more. */
  lingerMs: number;
  /** Events claimed together, ahead of the requests that will carry them. If we are killed they wait for their leases. */
  claimCount: Readonly<Record<DeliveryFormat, number>>;
  claimBytes: number;
  /** A claim older than this is not used any more; well under the lease. */
  claimMaxAgeMs: number;
  /** Wait before an event that another process has leased is asked for again. */
  heldRetryMs: number;
  backoff: BackoffOptions;
  maxRetryAfterMs: number;
  /** Failures of one event, while others are accepted, after which it is the event's fault. */
  maxFailuresAmongSuccesses: number;
  /** What to do where Statsig may have an event already: send it again, or keep it for a person to decide. */
  ifMaybeDelivered: 'retry' | 'dead_letter';
  gate: GateOptions;
}

/** One request to Statsig. */
export interface Unit<P> {
  parcels: readonly P[];
  sentAtMs: number;
  /** When the answer came, or it was given up. */
  answeredAtMs?: number;
  /** HTTP status of the answer, once there is one. */
  status?: number;
  /** What is sent only after this: the other parts of a request that was split. */
  then: readonly (readonly P[])[];
}

/** What is to be done now, and what the core is told when it is. */
export type Effect<P> =
  /** Claim in the ledger → `claimed`. */
  | { kind: 'claim'; parcels: readonly P[] }
  /** Post to Statsig → `answered`. */
  | { kind: 'send'; unit: Unit<P> }
  /** Mark as delivered in the ledger, then receipts, then offsets → `finished` once marked. */
  | { kind: 'record'; parcels: readonly P[]; unit: Unit<P> }
  /** Found delivered: a receipt, then the offset. */
  | { kind: 'duplicate'; parcel: P }
  /** Give the lease back. */
  | { kind: 'release'; parcels: readonly P[] }
  /** Tell that another attempt will follow. */
  | {
      kind: 'retrying';
      parcels: readonly P[];
      unit: Unit<P>;
      verdict: Retry | Suspend;
      nextAttemptAtMs: number;
    }
  /** Keep aside with a reason, give the lease back, then a receipt, then the offset → `finished` once kept. */
  | { kind: 'dead_letter'; parcel: P; unit: Unit<P>; reason: string; detail: string }
  /** Not to be dealt with by this process. */
  | { kind: 'leave'; parcels: readonly P[] }
  | { kind: 'suspended'; suspension: Suspension };

type Suspend = Extract<Verdict, { kind: 'suspend' }>;
type Retry = Extract<Verdict, { kind: 'retry' }>;

/**
 * Decides how the events of one integration are delivered: each claimed before it is sent, each customer's in order,
 * each request within the gate. It does nothing itself: it is told what has happened, and says what to do next.
 */
export class DispatchCore<P extends Parcel> {
  private readonly lanes = new CustomerLanes<P>();
  private readonly inHand = new Set<string>();
  private readonly gate: SendGate;
  private effects: Effect<P>[] = [];
  /** Claimed, and not yet sent. */
  private claimed: P[] = [];
  private claimedSinceMs = 0;
  /** Parts of split requests, which go before anything else. */
  private parts: (readonly P[])[][] = [];
  private isClaiming = false;
  private lastNextMs = 0;

  constructor(
    private readonly policy: DispatchPolicy,
    private readonly random: () => number,
  ) {
    this.gate = new SendGate(policy.gate, random);
  }

  get state() {
    return { ...this.gate.state, waiting: this.lanes.size, claimed: this.claimed.length };
  }

  get suspension(): Suspension | undefined {
    return this.gate.suspension;
  }

  accept(parcels: readonly P[]): void {
    for (const parcel of parcels) this.lanes.push(parcel);
  }

  /** Everything that is to be done now. */
  next(nowMs: number): Effect<P>[] {
    this.lastNextMs = nowMs;
    this.lanes.wake(nowMs);
    this.send(nowMs);
    this.claim(nowMs);
    return this.takeEffects();
  }

  /** What follows from what has happened, and nothing new. */
  takeEffects(): Effect<P>[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  /** When `next` is to be called again though nothing has happened since its last call; Infinity: never. */
  get wakeAtMs(): number {
    const nowMs = this.lastNextMs;
    const lingerEndMs = this.claimed.length > 0 ? this.claimedSinceMs + this.policy.lingerMs : Infinity;
    const isLingering = lingerEndMs > nowMs ? lingerEndMs : Infinity;
    return Math.min(this.lanes.wakeAtMs, this.gate.wakeAtMs(nowMs), isLingering);
  }

  /** The ledger's answers to a claim, in order. */
  claimAnswered(parcels: readonly P[], results: readonly ClaimResult[], nowMs: number): void {
    this.isClaiming = false;
    const blocked = new Set<string>();
    const backToLanes: P[] = [];
    const toRelease: P[] = [];
    if (this.claimed.length === 0) this.claimedSinceMs = nowMs;
    for (const [i, parcel] of parcels.entries()) {
      const result = results[i] ?? 'held';
      const isBlocked = blocked.has(parcel.customerKey) || parcel.progress.withdrawn;
      if (result === 'held' || isBlocked) {
        blocked.add(parcel.customerKey);
        backToLanes.push(parcel);
        if (result === 'claimed') toRelease.push(parcel);
      } else if (result === 'delivered') {
        this.effects.push({ kind: 'duplicate', parcel });
        this.finish(parcel);
      } else {
        this.claimed.push(parcel);
      }
    }
    if (toRelease.length > 0) this.effects.push({ kind: 'release', parcels: toRelease });
    this.returnToLanes(backToLanes, nowMs + this.policy.heldRetryMs);
  }

  /** The ledger could not be asked. */
  claimFailed(parcels: readonly P[], nowMs: number): void {
    this.isClaiming = false;
    this.returnToLanes(parcels, nowMs + this.policy.heldRetryMs);
  }

  answered(unit: Unit<P>, verdict: Verdict, nowMs: number): void {
    const { parcels, sentAtMs } = unit;
    switch (verdict.kind) {
      case 'accepted':
        this.gate.answered(sentAtMs, nowMs, true);
        this.effects.push({ kind: 'record', parcels, unit });
        this.goOn(unit, nowMs);
        return;
      case 'reject':
        this.gate.answered(sentAtMs, nowMs, false);
        this.reject(unit, verdict, nowMs);
        return;
      case 'retry':
        this.gate.failed(sentAtMs, nowMs, verdict.retryAfterMs);
        this.retry(unit, verdict, nowMs);
        if (!this.gate.isHealthy) this.putAllBack(nowMs);
        return;
      case 'suspend':
        this.gate.refused(nowMs, verdict);
        this.effects.push(
          { kind: 'suspended', suspension: verdict },
          { kind: 'retrying', parcels, unit, verdict, nextAttemptAtMs: this.gate.wakeAtMs(nowMs) },
        );
        this.giveBack([parcels, ...unit.then].flat(), nowMs);
        this.putAllBack(nowMs);
        return;
    }
  }

  /** A request was not sent, since a limit on requests is used up for now. */
  postponed(unit: Unit<P>, nowMs: number, waitMs: number): void {
    this.gate.postponed(nowMs, waitMs);
    for (const { progress } of unit.parcels) progress.attempts -= 1;
    this.parts.unshift([unit.parcels, ...unit.then]);
    if (waitMs > this.policy.claimMaxAgeMs) this.putAllBack(nowMs);
  }

  /** Marked as delivered, or kept aside: the customer's next may go. */
  finish(parcel: P): void {
    this.inHand.delete(parcel.eventId);
    this.lanes.finish(parcel);
  }

  /** The integration has been changed: what waited for that is tried at once. */
  reopen(): void {
    this.gate.reopen();
    this.lanes.wakeAll();
  }

  /**
   * Takes waiting events out, to be kept elsewhere in the order given. An event stays while another that would have to
   * go too is on its way for the same customer, since that one may yet come back and must not be overtaken.
   */
  takeOut(which: (parcel: P) => boolean, mayComeBack: (parcel: P) => boolean): P[] {
    return this.lanes.remove(which, mayComeBack);
  }

  /** Leaves to others what is marked as withdrawn and not on its way. What is on its way comes to its end here. */
  leaveWithdrawn(nowMs: number): void {
    const isWithdrawn = ({ progress }: P): boolean => progress.withdrawn;
    this.putClaimedBack(nowMs, isWithdrawn);
    this.putPartsBack(nowMs, isWithdrawn);
    const parcels = this.lanes.remove(isWithdrawn);
    if (parcels.length > 0) this.effects.push({ kind: 'leave', parcels });
  }

  private claim(nowMs: number): void {
    const { next } = this.lanes;
    if (this.isClaiming || next === undefined) return;
    const { unitCount, claimBytes } = this.policy;
    const claimCount = this.policy.claimCount[next.format];
    // Claims are few and large: more are made when half are used up, or too few are left for a full request.
    if (this.claimed.length >= Math.max(this.largestUnit(), claimCount / 2)) return;
    // While only a probe may go, claims for more would grow old.
    if (!this.gate.isHealthy && this.gate.permits(nowMs) === 0) return;
    const count = this.gate.isHealthy ? claimCount : 1;
    const parcels = this.lanes.take(
      { count, bytes: claimBytes, perLane: ({ format }) => unitCount[format] },
      ({ eventId }) => {
        // A second copy waits until the first is dealt with: one process has one token, so the ledger could not tell them apart.
        if (this.inHand.has(eventId)) return false;
        this.inHand.add(eventId);
        return true;
      },
    );
    if (parcels.length === 0) return;
    for (const { progress } of parcels) progress.claimedAtMs = nowMs;
    this.isClaiming = true;
    this.effects.push({ kind: 'claim', parcels });
  }

  private send(nowMs: number): void {
    this.dropStaleClaims(nowMs);
    for (let permits = this.gate.permits(nowMs); permits > 0; permits -= 1) {
      const [parcels, ...then] = this.parts.shift() ?? [this.cutUnit(nowMs)];
      if (parcels === undefined || parcels.length === 0) return;
      this.begin({ parcels, then, sentAtMs: nowMs });
    }
  }

  private begin(unit: Unit<P>): void {
    for (const { progress } of unit.parcels) {
      progress.attempts += 1;
      progress.acceptedWhenSent = this.gate.accepted;
    }
    this.gate.begun();
    this.effects.push({ kind: 'send', unit });
  }

  private cutUnit(nowMs: number): P[] {
    const length = this.unitLength();
    const isFull = length < this.claimed.length || length === this.largestUnit();
    if (length === 0 || (!isFull && nowMs < this.claimedSinceMs + this.policy.lingerMs)) return [];
    const parcels = this.claimed.splice(0, length);
    this.claimedSinceMs = nowMs;
    // The rest of a customer's run must not go before this part of it has come to its end. Runs are claimed together.
    const last = parcels.at(-1)?.customerKey;
    if (this.claimed[0]?.customerKey === last)
      this.putClaimedBack(nowMs, ({ customerKey }) => customerKey === last);
    return parcels;
  }

  private largestUnit(): number {
    const [first] = this.claimed;
    return first === undefined ? 0 : this.policy.unitCount[first.format];
  }

  /** How many of the claimed go in one request: of one format, within its bounds, and no customer's run cut in two where that can be helped. */
  private unitLength(): number {
    const [first] = this.claimed;
    if (first === undefined) return 0;
    let count = this.policy.unitCount[first.format];
    if (count === 1) return 1;
    let bytes = 0;
    let length = 0;
    for (const { format, bytes: size, progress } of this.claimed) {
      // What fails while others are taken goes in ever smaller company, until it stands alone.
      count = Math.max(1, Math.min(count, this.policy.unitCount[format] >> progress.failuresAmongSuccesses));
      const isOver = length >= count || (length > 0 && bytes + size > this.policy.unitBytes);
      if (isOver || format !== first.format) break;
      bytes += size;
      length += 1;
    }
    const next = this.claimed[length]?.customerKey;
    if (next === undefined || next !== this.claimed[length - 1]?.customerKey) return length;
    const runStart = this.claimed.findIndex(({ customerKey }) => customerKey === next);
    return runStart === 0 ? length : runStart;
  }

  private dropStaleClaims(nowMs: number): void {
    const isStale = ({ progress }: P): boolean => nowMs - progress.claimedAtMs > this.policy.claimMaxAgeMs;
    const [oldest] = this.claimed;
    if (oldest !== undefined && isStale(oldest)) this.putClaimedBack(nowMs, isStale);
    this.putPartsBack(nowMs, isStale);
  }

  /** The part of a split request that comes after this one. */
  private goOn({ then }: Unit<P>, nowMs: number): void {
    const parcels = then.flat();
    if (parcels.some(({ progress }) => progress.withdrawn)) this.giveBack(parcels, nowMs);
    else if (parcels.length > 0) this.parts.push([...then]);
  }

  private reject(
    unit: Unit<P>,
    { reason, detail }: Extract<Verdict, { kind: 'reject' }>,
    nowMs: number,
  ): void {
    const [parcel, ...others] = unit.parcels;
    if (parcel !== undefined && others.length === 0) {
      this.effects.push({ kind: 'dead_letter', parcel, unit, reason, detail });
      this.goOn(unit, nowMs);
      return;
    }
    const middle = Math.ceil(unit.parcels.length / 2);
    this.parts.unshift([unit.parcels.slice(0, middle), unit.parcels.slice(middle), ...unit.then]);
  }

  private retry(unit: Unit<P>, verdict: Retry, nowMs: number): void {
    const { policy, gate } = this;
    const again: P[] = [];
    const givenUp: P[] = [];
    for (const parcel of unit.parcels) {
      const { progress } = parcel;
      if (verdict.ambiguous) progress.maybeDelivered = true;
      if (gate.accepted > progress.acceptedWhenSent) progress.failuresAmongSuccesses += 1;
      const isHopeless =
        unit.parcels.length === 1 && progress.failuresAmongSuccesses >= policy.maxFailuresAmongSuccesses;
      const mustAsk = verdict.ambiguous && policy.ifMaybeDelivered === 'dead_letter';
      (isHopeless || mustAsk ? givenUp : again).push(parcel);
    }
    for (const parcel of givenUp) {
      this.effects.push({
        kind: 'dead_letter',
        parcel,
        unit,
        reason: verdict.reason,
        detail: verdict.detail,
      });
    }
    const [first] = again;
    if (first === undefined) {
      this.goOn(unit, nowMs);
      return;
    }
    const waitMs = Math.max(
      backoffMs(first.progress.attempts, policy.backoff, this.random),
      Math.min(verdict.retryAfterMs ?? 0, policy.maxRetryAfterMs),
    );
    const nextAttemptAtMs = nowMs + waitMs;
    this.effects.push({ kind: 'retrying', parcels: again, unit, verdict, nextAttemptAtMs });
    this.giveBack([again, ...unit.then].flat(), nextAttemptAtMs);
  }

  /** Nothing more is sent for now: claims and leases would only grow old. */
  private putAllBack(nowMs: number): void {
    this.putPartsBack(nowMs);
    this.putClaimedBack(nowMs);
  }

  private putClaimedBack(nowMs: number, which: (parcel: P) => boolean = () => true): void {
    const returned = this.claimed.filter(which);
    if (returned.length === 0) return;
    this.claimed = this.claimed.filter((parcel) => !which(parcel));
    this.giveBack(returned, nowMs);
  }

  /** The parts of a split request go back together, since a customer's events may be in several of them. */
  private putPartsBack(nowMs: number, which: (parcel: P) => boolean = () => true): void {
    if (this.parts.length === 0) return;
    const [back, kept] = [true, false].map((wanted) =>
      this.parts.filter((request) => request.flat().some(which) === wanted),
    );
    this.parts = kept ?? [];
    this.giveBack((back ?? []).flat(2), nowMs);
  }

  /** Lease and place in the lane: others may have the one, the other stays as it was. */
  private giveBack(parcels: readonly P[], notBeforeMs: number): void {
    if (parcels.length === 0) return;
    this.effects.push({ kind: 'release', parcels });
    this.returnToLanes(parcels, notBeforeMs);
  }

  private returnToLanes(parcels: readonly P[], notBeforeMs: number): void {
    for (const { eventId } of parcels) this.inHand.delete(eventId);
    this.lanes.putBack(parcels, notBeforeMs);
    if (parcels.some(({ progress }) => progress.withdrawn)) this.leaveWithdrawn(notBeforeMs);
  }
}
