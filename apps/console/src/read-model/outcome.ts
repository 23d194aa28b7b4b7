import { type Outcome } from '@app/delivery';
import { type EventOutcome } from '../../api/events';

/** The parts of a receipt that determine the status of an event. */
export interface OutcomeReceipt {
  deliveryId: string;
  outcome: Outcome;
  reason: string | null;
  attempt: number;
  nextAttemptAtMs: number | null;
  atMs: number;
}

export interface EventStatus {
  outcome: EventOutcome;
  reason: string | null;
  atMs: number | null;
  attempts: number;
  nextAttemptAtMs: number | null;
}

const waiting: EventStatus = {
  outcome: 'waiting',
  reason: null,
  atMs: null,
  attempts: 0,
  nextAttemptAtMs: null,
};

/** Outcomes by urgency: those that need attention first. */
const urgency: readonly EventOutcome[] = ['dead_lettered', 'retrying', 'waiting', 'delivered', 'filtered'];

/**
 * Returns the status of an event, independent of the order in which its receipts arrived.
 *
 * @param eventId RevenueCat's id; a transfer has two deliveries with ids of their own
 * @param deliveryIds the deliveries that the mapper has produced for the event
 */
export function statusOf(
  eventId: string,
  deliveryIds: readonly string[],
  receipts: readonly OutcomeReceipt[],
): EventStatus {
  const byDelivery = Map.groupBy(receipts, ({ deliveryId }) => deliveryId);
  for (const id of deliveryIds) if (!byDelivery.has(id)) byDelivery.set(id, []);
  // Receipts from before the event had deliveries with other ids are outdated.
  const hasOthers = [...byDelivery.keys()].some((id) => id !== eventId);
  if (hasOthers && !deliveryIds.includes(eventId)) byDelivery.delete(eventId);
  const statuses = [...byDelivery.values()].map(deliveryStatus);
  const [first = waiting, ...rest] = statuses.toSorted(
    (a, b) => urgency.indexOf(a.outcome) - urgency.indexOf(b.outcome) || (b.atMs ?? 0) - (a.atMs ?? 0),
  );
  return { ...first, attempts: [first, ...rest].reduce((sum, { attempts }) => sum + attempts, 0) };
}

/** Statsig's acceptance is final; otherwise the newest receipt counts. */
function deliveryStatus(receipts: readonly OutcomeReceipt[]): EventStatus {
  const inOrder = receipts.toSorted((a, b) => a.atMs - b.atMs || rank(a) - rank(b));
  const attempts = inOrder.filter(({ attempt, outcome }) => attempt > 0 && outcome !== 'duplicate').length;
  const accepted =
    inOrder.find(({ outcome }) => outcome === 'delivered') ??
    inOrder.find(({ outcome }) => outcome === 'duplicate');
  if (accepted !== undefined) {
    return { outcome: 'delivered', reason: null, atMs: accepted.atMs, attempts, nextAttemptAtMs: null };
  }
  const last = inOrder.at(-1);
  if (last === undefined) return waiting;
  const { reason, atMs, nextAttemptAtMs } = last;
  return { outcome: last.outcome as EventOutcome, reason, atMs, attempts, nextAttemptAtMs };
}

/** Orders receipts with the same time: the more final outcome is later. */
function rank({ outcome }: OutcomeReceipt): number {
  return ['retrying', 'filtered', 'dead_lettered', 'duplicate', 'delivered'].indexOf(outcome);
}
