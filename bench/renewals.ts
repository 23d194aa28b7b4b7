import { createHash } from 'node:crypto';
import { type ConsumedRecord } from '@app/kafka';

/** A renewal as RevenueCat sends it, with an anonymous id, an id of the app, and four or five attributes. */
export function renewal(customer: number, round: number, offset: number): ConsumedRecord {
  const anonymous = `$RCAnonymousID:${scattered(customer)}`;
  const user = `user-${String(customer).padStart(9, '0')}`;
  const nowMs = Date.now();
  const attribute = (value: string) => ({ value, updated_at_ms: nowMs - 1_000 + round });
  const event = {
    id: renewalId(customer, round),
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
      // Only the first event of a customer has this attribute; later ones are enriched with it.
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

/** The id of the event of {@link renewal}. */
export function renewalId(customer: number, round: number): string {
  return uuidLike(`${String(round)}-${String(customer)}`);
}

/** 32 pseudorandom hexadecimal digits, which compress as little as real ids. */
function scattered(seed: number | string): string {
  return createHash('md5').update(String(seed)).digest('hex');
}

function uuidLike(seed: string): string {
  return scattered(seed)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    .toUpperCase();
}
