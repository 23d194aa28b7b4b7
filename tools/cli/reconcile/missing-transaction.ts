import { backfillId } from './backfill-event';
import { type EventKind, type ExpectedEvent } from './expected-event';
import { type ExportRow } from './export-row';
import { type MissingReason } from './statuses';

/** A missing purchase or refund, as it is listed for an operator. */
export interface MissingTransaction {
  /** UTC day under which the report counts it: YYYY-MM-DD. */
  day: string;
  /** ISO 8601. */
  time: string;
  kind: EventKind;
  product: string;
  /** Null if RevenueCat does not know the price; negative for a refund. */
  usd: number | null;
  reason: MissingReason;
  store: string;
  transactionId: string;
  originalTransactionId: string | null;
  renewalNumber: number | null;
  appUserId: string;
  /** Id of the event that a backfill sends. */
  eventId: string;
}

export function missingTransaction(
  row: ExportRow,
  expected: ExpectedEvent,
  reason: MissingReason,
): MissingTransaction {
  const time = new Date(expected.atMs).toISOString();
  const { product, store, transactionId, originalTransactionId, renewalNumber, appUserId } = row;
  return {
    ...{ day: time.slice(0, 10), time, kind: expected.kind, product, usd: expected.usd ?? null, reason },
    ...{ store, transactionId, originalTransactionId: originalTransactionId ?? null },
    ...{ renewalNumber: renewalNumber ?? null, appUserId, eventId: backfillId(row, expected) },
  };
}
