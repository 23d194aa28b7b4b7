import {
  absent,
  claim,
  type LeaseOwner,
  type ClaimResult,
  type LedgerRules,
  type LedgerState,
  markDelivered,
  markMaybeDelivered,
  type MarkResult,
  release,
} from '../src/domain/ledger';

/** An in-memory ledger for model tests, whose entries never expire. */
export class InMemoryLedger {
  private readonly states = new Map<string, LedgerState>();

  constructor(private readonly rules: LedgerRules) {}

  claim(eventId: string, owner: LeaseOwner, nowMs: number): ClaimResult {
    const { state, result } = claim(this.stateOf(eventId), owner, nowMs, this.rules);
    this.states.set(eventId, state);
    return result;
  }

  markDelivered(eventId: string, owner: LeaseOwner): MarkResult {
    const { state, result } = markDelivered(this.stateOf(eventId), owner);
    this.states.set(eventId, state);
    return result;
  }

  markMaybeDelivered(eventId: string, owner: LeaseOwner, nowMs: number): void {
    this.states.set(eventId, markMaybeDelivered(this.stateOf(eventId), owner, nowMs));
  }

  release(eventId: string, owner: LeaseOwner): void {
    this.states.set(eventId, release(this.stateOf(eventId), owner));
  }

  stateOf(eventId: string): LedgerState {
    return this.states.get(eventId) ?? absent;
  }
}
