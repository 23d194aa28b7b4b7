import { type Coverage, isCovered } from './coverage';
import { type ExpectedEvent } from './expected-event';
import { type ComparedRow, type KnownDelivery, type Transaction } from './workspace';

/**
 * - `delivered`: Statsig has accepted the event.
 * - `undelivered`: the pipeline has received the event and not delivered it: it waits, was filtered, or is a dead letter.
 * - `missing`: the pipeline has never received the event.
 * - `unknown`: Kafka no longer shows whether it has, its webhook may still arrive, or the store may not have charged it.
 */
export type Status = 'delivered' | 'undelivered' | 'missing' | 'unknown';

/**
 * Why an event counts as missing:
 * - `transaction_not_received`: no event of its transaction was received.
 * - `other_kind_received`: of its transaction, only the purchase or only the refund was received.
 * - `other_renewal_received`: the events with its transaction id state another renewal number, which also has a row.
 * - `assumed`: it is not known what was delivered at its time, but the operator says that nothing was.
 */
export type MissingReason =
  'transaction_not_received' | 'other_kind_received' | 'other_renewal_received' | 'assumed';

export interface ComparedEvent {
  row: ComparedRow;
  expected: ExpectedEvent;
  status: Status;
  /** Undefined unless it is missing. */
  missingReason: MissingReason | undefined;
  /** Amount of the delivered event. */
  deliveredUsd: number | undefined;
}

/**
 * Compares the events that a transaction has to have with those that the pipeline has received. RevenueCat calls the
 * transaction id unique; the renewal number only decides if an id has several rows, and if one of them has that number: the
 * renewals may have been renumbered since.
 */
export function compareTransaction({ rows, known }: Transaction, coverage: Coverage): ComparedEvent[] {
  const numbers = new Set(rows.map(({ renewalNumber }) => renewalNumber));
  const mayBeOf = ({ renewalNumber: stated }: KnownDelivery, { renewalNumber }: ComparedRow): boolean =>
    stated === undefined || renewalNumber === undefined || stated === renewalNumber || !numbers.has(stated);
  const compared = rows.filter(({ exclusion }) => exclusion === undefined);
  return compared.flatMap((row) =>
    row.expected.map((expected) => {
      const found = known.filter((event) => event.kind === expected.kind && mayBeOf(event, row));
      const delivered = found.find(({ isDelivered }) => isDelivered);
      const status = statusOf();
      const missingReason = status === 'missing' ? reasonOf() : undefined;
      return { row, expected, status, missingReason, deliveredUsd: delivered?.usd };

      function statusOf(): Status {
        if (delivered !== undefined) return 'delivered';
        if (found.length > 0) return 'undelivered';
        if (expected.mayBeUnpaid === true || !isCovered(coverage, expected.atMs)) return 'unknown';
        // RevenueCat may have learned of the transaction when its row last changed, and sent the webhook then.
        return (row.updatedAtMs ?? 0) < coverage.toMs ? 'missing' : 'unknown';
      }

      function reasonOf(): MissingReason {
        if (expected.atMs < (coverage.knownFromMs ?? -Infinity)) return 'assumed';
        if (known.some((event) => mayBeOf(event, row))) return 'other_kind_received';
        return known.length > 0 ? 'other_renewal_received' : 'transaction_not_received';
      }
    }),
  );
}
