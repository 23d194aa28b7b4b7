import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type JsonObject } from './envelope';
import { eventTypes } from './event-types';
import { type LifecycleFacts, lifecycleFactsOf, lifecycleName, lifecycleRules } from './lifecycle';

const types = [...eventTypes, 'PAYWALL_IMPRESSION', 'BRAND_NEW', ''];
const periods = ['TRIAL', 'INTRO', 'NORMAL', 'PROMOTIONAL', 'PREPAID', 'BRAND_NEW', undefined];
const reasons = [
  'UNSUBSCRIBE', 'BILLING_ERROR', 'DEVELOPER_INITIATED', 'PRICE_INCREASE', 'CUSTOMER_SUPPORT', 'UNKNOWN',
  'SUBSCRIPTION_PAUSED', 'BRAND_NEW', undefined,
]; // prettier-ignore

const allFacts = types.flatMap((type) =>
  periods.flatMap((period) =>
    reasons.flatMap((reason) =>
      [true, false].flatMap((isTrialConversion) =>
        [true, false].map((isPriceNegative): LifecycleFacts => ({
          type,
          period,
          reason,
          isTrialConversion,
          isPriceNegative,
        })),
      ),
    ),
  ),
);

const named = new Set(lifecycleRules.map(({ type }) => type));

it('gives every combination of facts one name, and none only to types without a rule', () => {
  for (const facts of allFacts) {
    const name = lifecycleName(facts);
    if (named.has(facts.type)) expect(name).toMatch(/^rc_[a-z_]{1,50}_event$/);
    else expect(name).toBeUndefined();
  }
});

it('needs every rule', () => {
  for (const rule of lifecycleRules) {
    const others = lifecycleRules.filter((other) => other !== rule);
    const isNeeded = allFacts.some((facts) => {
      const without = others.find((other) => other.type === facts.type && implies(other, facts))?.name;
      return lifecycleName(facts) !== without;
    });
    expect([rule.name, isNeeded]).toEqual([rule.name, true]);
  }
});

/** Whether the facts fulfil each condition of a rule. */
function implies(rule: object, facts: LifecycleFacts): boolean {
  return Object.entries(facts).every(([fact, value]) => {
    const wanted = (rule as JsonObject)[fact];
    return wanted === undefined || wanted === value;
  });
}

it.each<[string, Partial<LifecycleFacts>, string]>([
  ['any refund by its negative price', { isPriceNegative: true }, 'rc_refund_event'],
  ['a refund without an amount', { reason: 'CUSTOMER_SUPPORT' }, 'rc_refund_event'],
])('names %s, in every period', (_what, facts, name) => {
  for (const period of periods)
    expect(
      lifecycleName({
        type: 'CANCELLATION',
        period,
        isTrialConversion: false,
        isPriceNegative: false,
        ...facts,
      }),
    ).toBe(name);
});

it('names a conversion by its flag, whatever period begins', () => {
  for (const facts of allFacts.filter(
    ({ type, isTrialConversion }) => type === 'RENEWAL' && isTrialConversion,
  ))
    expect(lifecycleName(facts)).toBe('rc_trial_converted_event');
});

it('names no failed charge a cancelled trial or offer, because it may be recovered', () => {
  for (const facts of allFacts.filter(
    ({ type, reason, isPriceNegative }) =>
      type === 'CANCELLATION' && reason === 'BILLING_ERROR' && !isPriceNegative,
  ))
    expect(lifecycleName(facts)).toBe('rc_cancellation_event');
});

it('never names an event without a negative price, other than a cancellation by support, a refund', () => {
  const isRefund = ({ type, reason, isPriceNegative }: LifecycleFacts): boolean =>
    type === 'CANCELLATION' && (isPriceNegative || reason === 'CUSTOMER_SUPPORT');
  for (const facts of allFacts) expect(lifecycleName(facts) === 'rc_refund_event').toBe(isRefund(facts));
});

it('names every expiration by its period and its reason', () => {
  const prefixes: Record<string, string> = { TRIAL: 'rc_trial_expired', INTRO: 'rc_intro_offer_expired' };
  const unnamed = ['UNKNOWN', 'BRAND_NEW', undefined];
  for (const facts of allFacts.filter(({ type }) => type === 'EXPIRATION')) {
    const prefix = prefixes[facts.period ?? ''] ?? 'rc_expiration';
    const suffix = unnamed.includes(facts.reason) ? '' : `_${facts.reason?.toLowerCase()}`;
    expect(lifecycleName(facts)).toBe(`${prefix}${suffix}_event`);
  }
});

const folder = path.resolve(__dirname, '../../testing/fixtures/webhooks');

const expected: Record<string, string | undefined> = {
  'initial-purchase.json': 'rc_initial_purchase_event',
  'initial-purchase-trial.json': 'rc_trial_started_event',
  'initial-purchase-offer-code.json': 'rc_initial_purchase_event',
  'initial-purchase-repeated-alias.json': 'rc_initial_purchase_event',
  'seed-initial-purchase-sandbox.json': 'rc_trial_started_event',
  'initial-purchase-intro-offer.json': 'rc_intro_offer_started_event',
  'renewal.json': 'rc_renewal_event',
  'renewal-trial-conversion.json': 'rc_trial_converted_event',
  'cancellation-refund.json': 'rc_refund_event',
  'cancellation-trial.json': 'rc_trial_cancelled_event',
  'cancellation-unsubscribed.json': 'rc_cancellation_event',
  'cancellation-without-app-id.json': 'rc_cancellation_event',
  'uncancellation.json': 'rc_resubscription_event',
  'refund-reversed.json': 'rc_refund_reversed_event',
  'non-renewing-purchase.json': 'rc_non_subscription_purchase_event',
  'non-renewing-purchase-granted.json': 'rc_entitlement_granted_event',
  'product-change.json': 'rc_product_change_event',
  'subscription-paused.json': 'rc_subscription_paused_event',
  'expiration.json': 'rc_expiration_unsubscribe_event',
  'expiration-billing-error.json': 'rc_expiration_billing_error_event',
  'expiration-trial.json': 'rc_trial_expired_unsubscribe_event',
};

it.each(readdirSync(folder))('names the fixture %s', (file) => {
  const { event } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
    event: JsonObject & { type: string };
  };
  const facts = lifecycleFactsOf({ id: 'e1', type: event.type, fields: event });
  expect(lifecycleName(facts)).toBe(expected[file]);
});

it.each<[string, JsonObject, string]>([
  ['INITIAL_PURCHASE', { period_type: 'INTRO' }, 'rc_intro_offer_started_event'],
  ['RENEWAL', { period_type: 'NORMAL', is_trial_conversion: true }, 'rc_trial_converted_event'],
  ['RENEWAL', { is_trial_conversion: 'true' }, 'rc_renewal_event'],
  ['CANCELLATION', { price: -1, cancel_reason: 'DEVELOPER_INITIATED' }, 'rc_refund_event'],
  ['CANCELLATION', { expiration_reason: 'CUSTOMER_SUPPORT' }, 'rc_cancellation_event'],
  [
    'EXPIRATION',
    { period_type: 'TRIAL', expiration_reason: 'BILLING_ERROR' },
    'rc_trial_expired_billing_error_event',
  ],
  ['EXPIRATION', { period_type: 'TRIAL', expiration_reason: 'UNKNOWN' }, 'rc_trial_expired_event'],
  ['EXPIRATION', { period_type: 'TRIAL' }, 'rc_trial_expired_event'],
  [
    'EXPIRATION',
    { period_type: 'INTRO', expiration_reason: 'PRICE_INCREASE' },
    'rc_intro_offer_expired_price_increase_event',
  ],
  ['EXPIRATION', { expiration_reason: 'SUBSCRIPTION_PAUSED' }, 'rc_expiration_subscription_paused_event'],
  ['EXPIRATION', { cancel_reason: 'BILLING_ERROR' }, 'rc_expiration_event'],
  ['NON_RENEWING_PURCHASE', { period_type: 'PROMOTIONAL' }, 'rc_entitlement_granted_event'],
])('reads the facts of %s from %j', (type, fields, name) => {
  expect(lifecycleName(lifecycleFactsOf({ id: 'e1', type, fields }))).toBe(name);
});
