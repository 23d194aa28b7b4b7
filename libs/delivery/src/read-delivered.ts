import { type RedisClient } from '@app/platform';
import { ledgerKey, parseState } from './domain/ledger';

/**
 * Whether Statsig has accepted each of these events, in their order, as far as the ledger remembers: for
 * DISPATCHER_DEDUPLICATION_WINDOW. Changes nothing.
 */
export async function readDelivered(
  redis: RedisClient,
  projectId: string,
  eventIds: readonly string[],
): Promise<boolean[]> {
  // On a cluster, one command can only read keys of one slot.
  const values = await Promise.all(eventIds.map((eventId) => redis.get(ledgerKey(projectId, eventId))));
  return values.map((value) => parseState(value).kind === 'delivered');
}
