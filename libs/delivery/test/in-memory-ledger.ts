import {
  absent,
  claim,
  type Claimant,
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

  claim(eventId: string, claimant: Claimant, nowMs: number): ClaimResult {
    const { state, result } = claim(this.stateOf(eventId), claimant, nowMs, this.rules);
    this.states.set(eventId, state);
    return result;
  }

  markDelivered(eventId: string, claimant: Claimant): MarkResult {
    const { state, result } = markDelivered(this.stateOf(eventId), claimant);
    this.states.set(eventId, state);
    return result;
  }

  markMaybeDelivered(eventId: string, claimant: Claimant, nowMs: number): void {
    this.states.set(eventId, markMaybeDelivered(this.stateOf(eventId), claimant, nowMs));
  }

  release(eventId: string, claimant: Claimant): void {
    this.states.set(eventId, release(this.stateOf(eventId), claimant));
  }

  stateOf(eventId: string): LedgerState {
    return this.states.get(eventId) ?? absent;
  }
}
