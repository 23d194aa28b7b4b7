/**
 * Who may deliver an event id.
 *
 * A claim is free to take, held by another, or settled for good. A lease has an owner's token, so that nobody settles
 * or releases what another has taken over meanwhile.
 */
export type ClaimResult = { kind: 'claimed' } | { kind: 'held' } | { kind: 'delivered' };

export const deliveredMark = 'delivered';

const leasePrefix = 'leased:';

export function leaseValue(token: string): string {
  return leasePrefix + token;
}

/** Reads the answer of `SET key leased:<token> NX PX <lease> GET`: the value that stood there before, or null. */
export function readClaim(previous: string | null, token: string): ClaimResult {
  if (previous === null || previous === leaseValue(token)) return { kind: 'claimed' };
  return previous === deliveredMark ? { kind: 'delivered' } : { kind: 'held' };
}

/** One Redis key for each event id of a project. */
export function ledgerKey(projectId: string, eventId: string): string {
  return `ledger:${projectId}:${eventId}`;
}
