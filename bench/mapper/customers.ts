import { type ConsumedBatch, type ConsumedRecord } from '@app/kafka';

/** A batch of renewals: of each customer an anonymous id, an id of the app's own, and five attributes. */
export function batchOf(customers: readonly number[], round: number): ConsumedBatch {
  const records = customers.map((customer, offset) => recordOf(customer, round, offset));
  return {
    topic: 'revenuecat.events',
    partition: 0,
    assignment: 1,
    records,
    signal: new AbortController().signal,
    settle: () => undefined,
  };
}

function recordOf(customer: number, round: number, offset: number): ConsumedRecord {
  const anonymous = `$RCAnonymousID:${customer.toString(16).padStart(32, '0')}`;
  const user = `user-${String(customer).padStart(9, '0')}`;
  const nowMs = Date.now();
  const attribute = (value: string) => ({ value, updated_at_ms: nowMs - 1_000 + round });
  const event = {
    id: `${round}-${customer}`,
    type: 'RENEWAL',
    event_timestamp_ms: nowMs,
    app_user_id: user,
    original_app_user_id: anonymous,
    aliases: [anonymous],
    product_id: 'pro:monthly',
    period_type: 'NORMAL',
    purchased_at_ms: nowMs,
    expiration_at_ms: nowMs + 2_592_000_000,
    environment: 'PRODUCTION',
    entitlement_ids: ['pro'],
    presented_offering_id: 'default',
    transaction_id: `GPA.${customer}..${round}`,
    original_transaction_id: `GPA.${customer}`,
    is_family_share: false,
    country_code: 'DE',
    currency: 'EUR',
    price: 9.99,
    price_in_purchased_currency: 9.49,
    tax_percentage: 0.19,
    commission_percentage: 0.15,
    store: 'PLAY_STORE',
    offer_code: null,
    renewal_number: round,
    app_id: 'app1234567',
    subscriber_attributes: {
      $email: attribute(`user${customer}@example.com`),
      $mediaSource: attribute('search'),
      $campaign: attribute('winter'),
      plan: attribute('gold'),
      // Only the first event of a customer carries it: the later ones are enriched.
      ...(round === 0 && { favourite: attribute('tea') }),
    },
  };
  return {
    topic: 'revenuecat.events',
    partition: 0,
    offset,
    timestampMs: nowMs,
    key: Buffer.from(user),
    value: Buffer.from(JSON.stringify({ api_version: '1.0', event })),
    headers: { 'received-at-ms': String(nowMs) },
  };
}
