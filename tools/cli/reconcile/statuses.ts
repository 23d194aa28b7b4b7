import { type Coverage, isCovered } from './coverage';
import { type ExpectedEvent } from './expected-event';
import { type ComparedRow, type KnownDelivery, type Transaction } from './workspace';

/**
 * - `delivered`: Statsig has accepted the event.
 * - `undelivered`: the pipeline has received the event and not delivered it: it waits, was filtered, or is a dead letter.
 * - `missing`: the pipeline has never received the event.
 * - `unknown`: Kafka no longer shows whether it has, or its webhook may still arrive.
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
 * transaction id unique; the renewal number only decides if an id has several rows.
 */
export function compareTransaction({ rows, known }: Transaction, coverage: Coverage): ComparedEvent[] {
  return rows.flatMap((row) =>
    row.expected.map((expected) => {
      const found = known.filter(
        (event) => event.kind === expected.kind && (rows.length === 1 || mayBeOf(event, row)),
      );
      const delivered = found.find(({ isDelivered }) => isDelivered);
      return { row, expected, status: statusOf(), deliveredUsd: delivered?.usd };

      function statusOf(): Status {
        if (delivered !== undefined) return 'delivered';
        if (found.length > 0) return 'undelivered';
        return isCovered(coverage, expected.atMs) ? 'missing' : 'unknown';
      }
    }),
  );
}

function mayBeOf(event: KnownDelivery, row: ComparedRow): boolean {
  const [a, b] = [event.renewalNumber, row.renewalNumber];
  return a === undefined || b === undefined || a === b;
}
