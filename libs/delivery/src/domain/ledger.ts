import { createHash } from 'node:crypto';

/**
 * The idempotency ledger as a state machine: one state for each event id of a project, and four pure transitions.
 * The Lua scripts of redis-ledger.ts implement the same transitions; a test compares the two on random commands.
 *
 * Two rules for ambiguous attempts, those that may have reached Statsig without an acceptance being seen:
 *
 * - `retry`: the event is sent again. A lease that expired can be claimed by the next process.
 * - `dead_letter`: no event is ever sent twice, unless an operator asks for it. A lease that expired is `abandoned`, since
 *   its owner may have sent the event. The event becomes a dead letter and its id is remembered as `maybe` delivered, so
 *   that no copy of it is sent. Redriving the dead letter allows exactly one more attempt: the ledger remembers which
 *   redrives have been attempted. A redrive has been attempted if its attempt was ambiguous, or if its lease expired.
 */
export type LedgerState = Absent | Lease | MaybeDelivered | Delivered;

interface Absent {
  kind: 'absent';
}

interface Lease {
  kind: 'leased';
  /** Names the process that owns the lease. */
  token: string;
  expiresAtMs: number;
  /** Under the rule `dead_letter` the state outlives the expiry; under `retry` it is absent from then on. */
  outlivesExpiry: boolean;
  /** The redrive that claimed the event. */
  redriveOf?: string | undefined;
  /** What the state becomes again if the event was not sent; absent if undefined. */
  prior?: MaybeDelivered | undefined;
}

interface MaybeDelivered {
  kind: 'maybe';
  /** The redrives that have been attempted, in order. */
  redrives: readonly string[];
}

interface Delivered {
  kind: 'delivered';
  /** Tells whose mark it is: see {@link deliveredMark}. */
  mark: number;
}

export type ClaimResult =
  /** This process may send the event. */
  | 'claimed'
  /** Another process has leased the event: claim it again later. */
  | 'held'
  /** Statsig has the event. */
  | 'delivered'
  /** Statsig may have the event, and a dead letter of it exists: do not send it. */
  | 'maybe_delivered'
  /** A process that is gone may have sent the event: write a dead letter, then mark it as maybe delivered. */
  | 'abandoned';

/** The state in which a delivery was recorded. Statsig has the event once if it is `ours` or `lapsed`. */
export type MarkResult =
  /** Our lease, or our own mark: the command was sent again after a connection was lost. */
  | 'ours'
  /** Our lease had expired; no other process has claimed the event since. */
  | 'lapsed'
  /** Another process has claimed or delivered the event meanwhile: Statsig may have it twice. */
  | 'overtaken';

export interface LedgerRules {
  /** After how many milliseconds without a word from its owner a lease expires. */
  leaseMs: number;
  onAmbiguous: 'retry' | 'dead_letter';
}

/** Who asks, and for which record. */
export interface Claimant {
  token: string;
  /** Position of the dead letter (`<topic>/<partition>/<offset>`) if the record is a redrive of it. */
  redriveOf?: string | undefined;
}

export const absent: LedgerState = { kind: 'absent' };

/**
 * A lease of the claimant counts as released: either the command was sent again after a connection was lost, or the
 * release was lost. A process must therefore never claim an event while it has an attempt of it in flight or unmarked.
 */
export function claim(
  state: LedgerState,
  claimant: Claimant,
  nowMs: number,
  { leaseMs, onAmbiguous }: LedgerRules,
): { state: LedgerState; result: ClaimResult } {
  let prior: MaybeDelivered | undefined;
  let refusal: ClaimResult = 'maybe_delivered';
  const isOurs = state.kind === 'leased' && state.token === claimant.token;
  if (state.kind === 'delivered') return { state, result: 'delivered' };
  if (state.kind === 'maybe') prior = state;
  if (isOurs) prior = state.prior;
  if (state.kind === 'leased' && !isOurs) {
    if (nowMs < state.expiresAtMs) return { state, result: 'held' };
    if (state.outlivesExpiry) {
      prior = { kind: 'maybe', redrives: attemptedRedrives(state) };
      refusal = 'abandoned';
    }
  }
  const lease: LedgerState = {
    kind: 'leased',
    token: claimant.token,
    expiresAtMs: nowMs + leaseMs,
    outlivesExpiry: onAmbiguous === 'dead_letter',
  };
  if (onAmbiguous === 'retry') return { state: lease, result: 'claimed' };
  const { redriveOf } = claimant;
  const isAllowed = prior === undefined || (redriveOf !== undefined && !prior.redrives.includes(redriveOf));
  if (isAllowed) return { state: { ...lease, redriveOf, prior }, result: 'claimed' };
  return { state: isOurs ? (prior ?? absent) : state, result: refusal };
}

/** After Statsig's acceptance. The state is `delivered` whoever holds the lease, since that is the truth. */
export function markDelivered(
  state: LedgerState,
  claimant: Claimant,
): { state: LedgerState; result: MarkResult } {
  return {
    state: { kind: 'delivered', mark: deliveredMark(claimant.token) },
    result: markResult(state, claimant),
  };
}

/** What {@link markDelivered} found. */
export function markResult(previous: LedgerState, { token, redriveOf }: Claimant): MarkResult {
  switch (previous.kind) {
    case 'absent':
      return 'lapsed';
    case 'leased':
      return previous.token === token ? 'ours' : 'overtaken';
    case 'maybe':
      return previous.redrives.at(-1) === redriveOf ? 'lapsed' : 'overtaken';
    case 'delivered':
      return previous.mark === deliveredMark(token) ? 'ours' : 'overtaken';
  }
}

/** After the dead letter of an ambiguous or abandoned attempt was written. `delivered` and the lease of another stay. */
export function markMaybeDelivered(
  state: LedgerState,
  { token, redriveOf }: Claimant,
  nowMs: number,
): LedgerState {
  if (state.kind === 'delivered') return state;
  const isOfAnother = state.kind === 'leased' && state.token !== token;
  if (isOfAnother && nowMs < state.expiresAtMs) return state;
  const redrives = attemptedRedrives(state);
  const isNew = redriveOf !== undefined && !redrives.includes(redriveOf);
  return { kind: 'maybe', redrives: isNew ? [...redrives, redriveOf] : redrives };
}

/** After an attempt that did not reach Statsig, or none. What belongs to another stays. */
export function release(state: LedgerState, { token }: Claimant): LedgerState {
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
 * The value of a delivered id: 1 to 9,999, derived from the token, so that a process recognises its own mark. Redis shares
 * these integers between keys, so the value needs no memory. One in 9,999 marks of another process is taken for our own;
 * then a possible repeat is not counted.
 */
export function deliveredMark(token: string): number {
  return (createHash('sha256').update(token).digest().readUInt32BE() % 9_999) + 1;
}

/** One Redis key for each event id of a project. */
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
