import { type RevenueCatEvent } from './envelope';
import { numberField, textField } from './fields';

/** What determines the lifecycle name of an event. Values that RevenueCat adds in the future are accepted. */
export interface LifecycleFacts {
  type: string;
  /** TRIAL, INTRO, NORMAL, PROMOTIONAL or PREPAID. */
  period?: string | undefined;
  isTrialConversion: boolean;
  /** `cancel_reason` or `expiration_reason`. */
  reason?: string | undefined;
  /** Whether the price is negative, as that of a refund. */
  isPriceNegative: boolean;
}

/** A condition on the facts, in which a missing member matches anything, and the name that follows. */
export interface LifecycleRule extends Partial<LifecycleFacts> {
  type: string;
  name: string;
  meaning: string;
}

const expirationReasons: readonly (readonly [reason: string, meaning: string])[] = [
  ['UNSUBSCRIBE', 'The customer had turned off the renewal.'],
  ['BILLING_ERROR', 'The store could not charge the customer.'],
  ['DEVELOPER_INITIATED', 'The developer had cancelled the subscription.'],
  ['PRICE_INCREASE', 'The customer did not agree to a higher price.'],
  ['CUSTOMER_SUPPORT', 'The subscription was refunded.'],
  ['SUBSCRIPTION_PAUSED', 'The pause begins, and access ends.'],
];

/** The rules of an expiration: one for each reason, and one for others. */
function expirations(prefix: string, meaning: string, period?: string): LifecycleRule[] {
  const rule = { type: 'EXPIRATION', ...(period !== undefined && { period }) };
  return [
    ...expirationReasons.map(([reason, why]) => ({
      ...rule,
      reason,
      name: `${prefix}_${reason.toLowerCase()}_event`,
      meaning: `${meaning}. ${why}`,
    })),
    { ...rule, name: `${prefix}_event`, meaning: `${meaning} for an unknown reason.` },
  ];
}

/**
 * The rules of the preset `lifecycle`: the first that matches applies. A type without a matching rule has its `rc` name. RevenueCat
 * has the names of trials in other integrations
 * (https://www.revenuecat.com/docs/integrations/third-party-integrations/airship). The facts are those of
 * https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields.
 */
export const lifecycleRules: readonly LifecycleRule[] = [
  {
    type: 'INITIAL_PURCHASE',
    period: 'TRIAL',
    name: 'rc_trial_started_event',
    meaning: 'A free trial begins.',
  },
  {
    type: 'INITIAL_PURCHASE',
    period: 'INTRO',
    name: 'rc_intro_offer_started_event',
    meaning: 'A paid introductory offer begins.',
  },
  {
    type: 'INITIAL_PURCHASE',
    name: 'rc_initial_purchase_event',
    meaning: 'A subscription begins without a trial and without an introductory offer.',
  },
  {
    type: 'RENEWAL',
    isTrialConversion: true,
    name: 'rc_trial_converted_event',
    meaning: 'The first payment after a free trial, also if the trial had expired before.',
  },
  {
    type: 'RENEWAL',
    period: 'TRIAL',
    name: 'rc_trial_started_event',
    meaning: 'A customer returns with a free trial.',
  },
  {
    type: 'RENEWAL',
    period: 'INTRO',
    name: 'rc_intro_offer_renewed_event',
    meaning: 'A further period of an introductory offer.',
  },
  {
    type: 'RENEWAL',
    name: 'rc_renewal_event',
    meaning:
      'A further period at the normal price, or the return of a customer whose subscription had expired.',
  },
  {
    type: 'CANCELLATION',
    isPriceNegative: true,
    name: 'rc_refund_event',
    meaning: 'Money was returned. The value is negative.',
  },
  {
    type: 'CANCELLATION',
    reason: 'CUSTOMER_SUPPORT',
    name: 'rc_refund_event',
    meaning: 'RevenueCat reports a refund without an amount.',
  },
  {
    type: 'CANCELLATION',
    reason: 'BILLING_ERROR',
    name: 'rc_cancellation_event',
    meaning: 'The store could not charge the customer, also after a trial. A renewal may follow.',
  },
  {
    type: 'CANCELLATION',
    period: 'TRIAL',
    name: 'rc_trial_cancelled_event',
    meaning: 'The renewal was turned off during a free trial.',
  },
  {
    type: 'CANCELLATION',
    period: 'INTRO',
    name: 'rc_intro_offer_cancelled_event',
    meaning: 'The renewal was turned off during an introductory offer.',
  },
  {
    type: 'CANCELLATION',
    name: 'rc_cancellation_event',
    meaning: 'The renewal was turned off. Access remains until the end of the period.',
  },
  {
    type: 'UNCANCELLATION',
    name: 'rc_resubscription_event',
    meaning: 'The renewal was turned on again before the subscription expired. Not a return after its end.',
  },
  {
    type: 'REFUND_REVERSED',
    name: 'rc_refund_reversed_event',
    meaning: 'The store withdrew a refund. The value is positive.',
  },
  {
    type: 'NON_RENEWING_PURCHASE',
    period: 'PROMOTIONAL',
    name: 'rc_entitlement_granted_event',
    meaning: 'Access was granted without a purchase.',
  },
  {
    type: 'NON_RENEWING_PURCHASE',
    name: 'rc_non_subscription_purchase_event',
    meaning: 'A purchase that does not renew.',
  },
  {
    type: 'PRODUCT_CHANGE',
    name: 'rc_product_change_event',
    meaning: 'The customer chose another product, now or for the next period.',
  },
  {
    type: 'SUBSCRIPTION_PAUSED',
    name: 'rc_subscription_paused_event',
    meaning: 'A pause at the end of the period was scheduled. Access remains until then.',
  },
  ...expirations('rc_trial_expired', 'A free trial ended without a payment', 'TRIAL'),
  ...expirations('rc_intro_offer_expired', 'A subscription ended in its introductory offer', 'INTRO'),
  ...expirations('rc_expiration', 'A subscription ended'),
];

export function lifecycleFactsOf({ type, fields }: RevenueCatEvent): LifecycleFacts {
  return {
    type,
    period: textField(fields, 'period_type'),
    isTrialConversion: fields['is_trial_conversion'] === true,
    reason: textField(fields, type === 'EXPIRATION' ? 'expiration_reason' : 'cancel_reason'),
    isPriceNegative: (numberField(fields, 'price') ?? 0) < 0,
  };
}

/** The lifecycle name of an event; undefined for a type that has none of its own. */
export function lifecycleName(facts: LifecycleFacts): string | undefined {
  return lifecycleRules.find((rule) => matches(rule, facts))?.name;
}

function matches(rule: LifecycleRule, facts: LifecycleFacts): boolean {
  return (
    rule.type === facts.type &&
    (rule.period === undefined || rule.period === facts.period) &&
    (rule.reason === undefined || rule.reason === facts.reason) &&
    (rule.isTrialConversion === undefined || rule.isTrialConversion === facts.isTrialConversion) &&
    (rule.isPriceNegative === undefined || rule.isPriceNegative === facts.isPriceNegative)
  );
}
