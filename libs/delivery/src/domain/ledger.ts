import { createHash } from 'node:crypto';

/**
 * The idempotency ledger as a state machine: one state for each event id of a project, and four pure transitions.
 * The Lua scripts of redis-ledger.ts implement the same transitions; a test compares the two on random commands.
 *
 * There are two rules for ambiguous attempts, which may have reached Statsig but whose acceptance was not seen:
 *
 * - `retry`: the event is sent again. Another process can claim it after its lease has expired.
 * - `dead_letter`: no event is sent twice, unless an operator redrives it. An expired lease is `abandoned`, since its owner may
 *   have sent the event. The event becomes a dead letter and its id is remembered as `maybe` delivered, so that no copy of it
 *   is sent. Redriving the dead letter allows exactly one more attempt: the ledger remembers which redrives were attempted. A
 *   redrive was attempted if its attempt was ambiguous, or if its lease expired.
 */
export type LedgerState = AbsentState | LeasedState | MaybeDeliveredState | DeliveredState;

interface AbsentState {
  kind: 'absent';
}

interface LeasedState {
  kind: 'leased';
  /** Identifies the process that owns the lease. */
  token: string;
  expiresAtMs: number;
  /** True under the rule `dead_letter`. Under `retry`, the state is absent after the expiry. */
  outlivesExpiry: boolean;
  /** The redrive that claimed the event, if any. */
  redriveOf?: string | undefined;
  /** The state to restore if the event was not sent; undefined for absent. */
  prior?: MaybeDeliveredState | undefined;
}

interface MaybeDeliveredState {
  kind: 'maybe';
  /** Attempted redrives, in order. */
  redrives: readonly string[];
}

interface DeliveredState {
  kind: 'delivered';
  /** Identifies the process that set the mark: see {@link deliveredMark}. */
  mark: number;
}

export type ClaimResult =
  /** This process may send the event. */
  | 'claimed'
  /** Another process has leased the event: claim it again later. */
  | 'leased_elsewhere'
  /** Statsig has the event. */
  | 'delivered'
  /** Statsig may have the event, and a dead letter of it exists: do not send it. */
  | 'maybe_delivered'
  /** A process that no longer exists may have sent the event: write a dead letter, then mark it as maybe delivered. */
  | 'abandoned';

/** The state of the key before it was marked as delivered. Statsig has the event once if it was `owned` or `expired`. */
export type MarkResult =
  /** This process held the lease, or its mark was there because the command was repeated after a lost connection. */
  | 'owned'
  /** The lease of this process had expired, and no other process has claimed the event since. */
  | 'expired'
  /** Another process has claimed or delivered the event in the meantime: Statsig may have it twice. */
  | 'taken_over';

export interface LedgerRules {
  /** Duration of a lease, in milliseconds. */
  leaseMs: number;
  onAmbiguous: 'retry' | 'dead_letter';
}

/** The process that runs a command, and the record that it runs it for. */
export interface LeaseOwner {
  token: string;
  /** Position of the dead letter (`<topic>/<partition>/<offset>`) if the record is a redrive of it. */
  redriveOf?: string | undefined;
}

export const absent: LedgerState = { kind: 'absent' };

/**
 * A lease that the owner holds already counts as released: either the command was repeated after a lost connection, or the
 * release was lost. A process must therefore never claim an event while it has an attempt of it in flight or unmarked.
 */
export function claim(
  state: LedgerState,
  owner: LeaseOwner,
  nowMs: number,
  { leaseMs, onAmbiguous }: LedgerRules,
): { state: LedgerState; result: ClaimResult } {
  let prior: MaybeDeliveredState | undefined;
  let notClaimed: ClaimResult = 'maybe_delivered';
  const isOurs = state.kind === 'leased' && state.token === owner.token;
  if (state.kind === 'delivered') return { state, result: 'delivered' };
  if (state.kind === 'maybe') prior = state;
  if (isOurs) prior = state.prior;
  if (state.kind === 'leased' && !isOurs) {
    if (nowMs < state.expiresAtMs) return { state, result: 'leased_elsewhere' };
    if (state.outlivesExpiry) {
      prior = { kind: 'maybe', redrives: attemptedRedrives(state) };
      notClaimed = 'abandoned';
    }
  }
  const lease: LedgerState = {
    kind: 'leased',
    token: owner.token,
    expiresAtMs: nowMs + leaseMs,
    outlivesExpiry: onAmbiguous === 'dead_letter',
  };
  if (onAmbiguous === 'retry') return { state: lease, result: 'claimed' };
  const { redriveOf } = owner;
  const isAllowed = prior === undefined || (redriveOf !== undefined && !prior.redrives.includes(redriveOf));
  if (isAllowed) return { state: { ...lease, redriveOf, prior }, result: 'claimed' };
  return { state: isOurs ? (prior ?? absent) : state, result: notClaimed };
}

/**
 * To be called after Statsig has accepted the event. The state becomes `delivered` even if another process holds the
 * lease.
 */
export function markDelivered(
  state: LedgerState,
  owner: LeaseOwner,
): { state: LedgerState; result: MarkResult } {
  return {
    state: { kind: 'delivered', mark: deliveredMark(owner.token) },
    result: markResult(state, owner),
  };
}

/** The result of {@link markDelivered}, from the previous state. */
export function markResult(previous: LedgerState, { token, redriveOf }: LeaseOwner): MarkResult {
  switch (previous.kind) {
    case 'absent':
      return 'expired';
    case 'leased':
      return previous.token === token ? 'owned' : 'taken_over';
    case 'maybe':
      return previous.redrives.at(-1) === redriveOf ? 'expired' : 'taken_over';
    case 'delivered':
      return previous.mark === deliveredMark(token) ? 'owned' : 'taken_over';
  }
}

/**
 * To be called after the dead letter of an ambiguous or abandoned attempt was written. `delivered` and valid leases of
 * other processes stay.
 */
export function markMaybeDelivered(
  state: LedgerState,
  { token, redriveOf }: LeaseOwner,
  nowMs: number,
): LedgerState {
  if (state.kind === 'delivered') return state;
  const isOfAnother = state.kind === 'leased' && state.token !== token;
  if (isOfAnother && nowMs < state.expiresAtMs) return state;
  const redrives = attemptedRedrives(state);
  const isNew = redriveOf !== undefined && !redrives.includes(redriveOf);
  return { kind: 'maybe', redrives: isNew ? [...redrives, redriveOf] : redrives };
}

/** To be called if no attempt has reached Statsig. Changes only a lease of the owner. */
export function release(state: LedgerState, { token }: LeaseOwner): LedgerState {
  return state.kind === 'leased' && state.token === token ? (state.prior ?? absent) : state;
}

function attemptedRedrives(state: LedgerState): readonly string[] {
  switch (state.kind) {
    case 'maybe':
      return state.redrives;
    case 'leased': {
      const { prior, redriveOf } = state;
      return [...(prior?.redrives ?? []), ...(redriveOf === undefined ? [] : [redriveOf])];
    }
    case 'absent':
    case 'delivered':
      return [];
  }
}

/**
 * The value of a delivered id: 1 to 9,999, derived from the token, so that a process recognizes its own mark. Redis shares
 * these integers between keys, so the value needs no memory. One in 9,999 marks of other processes looks like the process's
 * own mark; then a possible repeat is not counted.
 */
export function deliveredMark(token: string): number {
  return (createHash('sha256').update(token).digest().readUInt32BE() % 9_999) + 1;
}

/** The Redis key of an event id of a project. */
export function ledgerKey(projectId: string, eventId: string): string {
  return `ledger:${projectId}:${eventId}`;
}

/**
 * Reads the value of a ledger key:
 *
 *     <mark>                                                          delivered
 *     maybe[ <redrive>…]                                              maybe delivered
 *     leased:<token>                                                  leased; the key expires with the lease
 *     leased:<token> <expiry> <redrive or ->[ maybe[ <redrive>…]]     leased; the key outlives the lease
 */
export function parseState(value: string | null): LedgerState {
  if (value === null) return absent;
  const [head = '', expiresAtMs, redriveOf, ...prior] = value.split(' ');
  if (head.startsWith(leasePrefix)) {
    return {
      kind: 'leased',
      token: head.slice(leasePrefix.length),
      expiresAtMs: expiresAtMs === undefined ? Infinity : Number(expiresAtMs),
      outlivesExpiry: expiresAtMs !== undefined,
      redriveOf: redriveOf === '-' ? undefined : redriveOf,
      prior: prior.length === 0 ? undefined : { kind: 'maybe', redrives: prior.slice(1) },
    };
  }
  if (head === 'maybe') return { kind: 'maybe', redrives: value.split(' ').slice(1) };
  return { kind: 'delivered', mark: Number(value) };
}

const leasePrefix = 'leased:';
