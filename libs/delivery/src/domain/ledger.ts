/**
 * Who may deliver an event id: nobody has yet (absent), one process is about to (leased, with its owner's token and an
 * expiry), or somebody did (settled).
 */
export type ClaimResult = 'claimed' | 'held' | 'delivered';

/** How an event id was found when its delivery was recorded. Only `ours` is sure to have been delivered once. */
export type SettleResult =
  | 'ours'
  /** Our lease had run out; nobody had taken it over. */
  | 'lapsed'
  /** Another had leased it meanwhile, or has delivered it: Statsig may have it twice. */
  | 'overtaken';

/** What a settled id holds: Redis keeps small integers without any memory of their own. */
export const deliveredMark = '1';

const leasePrefix = 'leased:';

export function leaseValue(token: string): string {
  return leasePrefix + token;
}

/**
 * Reads the answer of `SET key leased:<token> NX PX <lease> GET`: what stood there before.
 * Our own token: the command was sent again after its answer was lost with the connection.
 */
export function readClaim(previous: string | null, token: string): ClaimResult {
  if (previous === null || previous === leaseValue(token)) return 'claimed';
  return previous === deliveredMark ? 'delivered' : 'held';
}

/** Reads the answer of `SET key 1 PX <window> GET`. */
export function readSettle(previous: string | null, token: string): SettleResult {
  if (previous === leaseValue(token)) return 'ours';
  return previous === null ? 'lapsed' : 'overtaken';
}

/** One Redis key for each event id of a project. */
export function ledgerKey(projectId: string, eventId: string): string {
  return `ledger:${projectId}:${eventId}`;
}
