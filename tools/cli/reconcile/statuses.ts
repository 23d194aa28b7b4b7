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

export interface ComparedEvent {
  row: ComparedRow;
  expected: ExpectedEvent;
  status: Status;
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
      return { row, expected, status: statusOf(), deliveredUsd: delivered?.usd };

      function statusOf(): Status {
        if (delivered !== undefined) return 'delivered';
        if (found.length > 0) return 'undelivered';
        if (expected.mayBeUnpaid === true || !isCovered(coverage, expected.atMs)) return 'unknown';
        // RevenueCat may have learned of the transaction when its row last changed, and sent the webhook then.
        return (row.updatedAtMs ?? 0) < coverage.toMs ? 'missing' : 'unknown';
      }
    }),
  );
}
