const dayMs = 86_400_000;

/** Returns the webhook body of a sandbox purchase. */
export function sandboxPurchase(id: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const nowMs = Date.now();
  return {
    id,
    type: 'INITIAL_PURCHASE',
    event_timestamp_ms: nowMs,
    app_id: 'app1a2b3c4d',
    app_user_id: 'maya',
    original_app_user_id: '$RCAnonymousID:8f14e45fceea167a5a36dedd4bea2543',
    aliases: ['$RCAnonymousID:8f14e45fceea167a5a36dedd4bea2543', 'maya'],
    subscriber_attributes: { $email: { value: 'maya@mail.example', updated_at_ms: nowMs - dayMs } },
    product_id: 'pro.monthly',
    entitlement_ids: ['pro'],
    period_type: 'NORMAL',
    purchased_at_ms: nowMs,
    expiration_at_ms: nowMs + 30 * dayMs,
    environment: 'SANDBOX',
    store: 'APP_STORE',
    price: 4.99,
    currency: 'USD',
    price_in_purchased_currency: 4.99,
    country_code: 'SE',
    ...fields,
  };
}
