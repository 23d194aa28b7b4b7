import { randomUUID } from 'node:crypto';
import renewal from '../../libs/testing/fixtures/webhooks/renewal.json';

export interface Renewal {
  id: string;
  customer: string;
  /** The webhook body of RevenueCat. */
  envelope: object;
}

/** Creates `each` renewals for each of the customers, in chronological order. */
export function renewals({ customers, each }: { customers: number; each: number }): Renewal[] {
  const names = Array.from({ length: customers }, () => `customer-${randomUUID()}`);
  const begin = Date.now();
  return Array.from({ length: each }, (_, month) =>
    names.map((customer) => {
      const id = randomUUID();
      return {
        id,
        customer,
        envelope: {
          ...renewal,
          event: {
            ...renewal.event,
            id,
            app_user_id: customer,
            original_app_user_id: customer,
            aliases: [customer],
            event_timestamp_ms: begin + month,
          },
        },
      };
    }),
  ).flat();
}

export function byCustomer(events: readonly Renewal[]): Map<string, Renewal[]> {
  return Map.groupBy(events, ({ customer }) => customer);
}
