import { type ConsumedBatch } from '@app/kafka';
import { renewal } from '../renewals';

/** A batch with one renewal for each customer. */
export function batchOf(customers: readonly number[], round: number): ConsumedBatch {
  return {
    topic: 'revenuecat.events',
    partition: 0,
    records: customers.map((customer, offset) => renewal(customer, round, offset)),
    signal: new AbortController().signal,
    ack: () => undefined,
    leave: () => undefined,
  };
}
