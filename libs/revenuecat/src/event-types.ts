import { type RevenueCatEvent } from './envelope';
import { textField } from './fields';

/**
 * The event types that RevenueCat's own Statsig integration sends, and their names in Statsig
 * (https://www.revenuecat.com/docs/integrations/third-party-integrations/statsig).
 */
export const statsigEventNames: Readonly<Record<string, string>> = {
  INITIAL_PURCHASE: 'rc_initial_purchase_event',
  RENEWAL: 'rc_renewal_event',
  CANCELLATION: 'rc_cancellation_event',
  UNCANCELLATION: 'rc_uncancellation_event',
  NON_RENEWING_PURCHASE: 'rc_non_subscription_purchase_event',
  SUBSCRIPTION_PAUSED: 'rc_subscription_paused_event',
  EXPIRATION: 'rc_expiration_event',
  BILLING_ISSUE: 'rc_billing_issue_event',
  PRODUCT_CHANGE: 'rc_product_change_event',
  TRANSFER: 'rc_transfer_event',
};

/**
 * Every type that RevenueCat documents (https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields). Other
 * types are accepted too.
 */
export const eventTypes: readonly string[] = [
  ...Object.keys(statsigEventNames),
  'TEST',
  'SUBSCRIPTION_EXTENDED',
  'REFUND_REVERSED',
  'INVOICE_ISSUANCE',
  'TEMPORARY_ENTITLEMENT_GRANT',
  'VIRTUAL_CURRENCY_TRANSACTION',
  'EXPERIMENT_ENROLLMENT',
  'PURCHASE_REDEEMED',
  'PRICE_INCREASE_CONSENT_REQUIRED',
  'PRICE_INCREASE_CONSENT_APPROVED',
  'SUBSCRIBER_ALIAS',
];

/** Paywall events can be renamed in RevenueCat's dashboard, so their fields identify them. */
export function isPaywallEvent({ type, fields }: RevenueCatEvent): boolean {
  return (
    type.startsWith('PAYWALL_') ||
    (textField(fields, 'paywall_id') !== undefined && textField(fields, 'event_id') !== undefined)
  );
}
