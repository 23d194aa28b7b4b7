import { headerNames } from '@app/kafka';

/** The event that RevenueCat sends when this customer's subscription renews. */
export function renewal(id: string, customer: string, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    api_version: '1.0',
    event: {
      ...{ id, type: 'RENEWAL', environment: 'PRODUCTION', event_timestamp_ms: Date.UTC(2026, 0, 2) },
      ...{ app_user_id: customer, original_app_user_id: customer, aliases: [customer] },
      ...{ product_id: 'com.example.pro.monthly', price: 9.99, currency: 'USD' },
      ...fields,
    },
  });
}

/** Thirty attributes, which make an event about 3 kB large. */
export const manyAttributes = {
  subscriber_attributes: Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [
      `p${String(n).padStart(2, '0')}`,
      { value: 'x'.repeat(80), updated_at_ms: Date.UTC(2026, 0, 2) },
    ]),
  ),
};

/** A numbered series of ids. */
export const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

/** Records of `revenuecat.events` that cycle through the customers. */
export function renewals(
  topic: string,
  projectId: string,
  eventIds: readonly string[],
  customers: number,
  fields: Record<string, unknown> = {},
) {
  return eventIds.map((id, n) => {
    const customer = `${projectId}-user-${n % customers}`;
    const headers = { [headerNames.projectId]: projectId };
    return { topic, key: `${projectId}:${customer}`, value: renewal(id, customer, fields), headers };
  });
}
