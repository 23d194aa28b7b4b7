import { type JsonObject } from '@app/revenuecat';
import { type ExpectedEvent } from './expected-event';
import { type ExportRow } from './export-row';

/**
 * The envelope of an event that was not delivered, as RevenueCat would have sent it
 * (https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields), as JSON. `rc_backfill` marks it, also in
 * Statsig. It has no customer attributes: the mapper adds those of the profile.
 */
export function backfillEvent(row: ExportRow, expected: ExpectedEvent): string {
  const isRefund = expected.kind === 'refund';
  const event = {
    id: backfillId(row, expected),
    type: isRefund ? 'CANCELLATION' : purchaseType(row),
    rc_backfill: true,
    event_timestamp_ms: expected.atMs,
    app_user_id: row.appUserId,
    original_app_user_id: row.originalAppUserId,
    aliases: [...new Set([row.appUserId, row.originalAppUserId])],
    product_id: row.product,
    period_type: row.isTrial ? 'TRIAL' : row.isIntroOffer ? 'INTRO' : 'NORMAL',
    purchased_at_ms: row.startedAtMs,
    expiration_at_ms: endOf(row, isRefund) ?? null,
    environment: row.isSandbox ? 'SANDBOX' : 'PRODUCTION',
    store: row.store,
    is_family_share: row.isFamilyShared,
    transaction_id: row.transactionId,
    original_transaction_id: row.originalTransactionId ?? null,
    renewal_number: row.renewalNumber ?? null,
    country_code: row.country ?? null,
    currency: row.currency ?? null,
    price: expected.usd ?? null,
    price_in_purchased_currency: expected.inCurrency ?? null,
    tax_percentage: row.taxPercentage ?? null,
    commission_percentage: row.commissionPercentage ?? null,
    presented_offering_id: row.offering ?? null,
    entitlement_ids: row.entitlements ?? null,
    ...(isRefund && { cancel_reason: 'CUSTOMER_SUPPORT' }),
    ...(!isRefund && isRenewal(row) && { is_trial_conversion: row.isTrialConversion }),
  } satisfies JsonObject;
  return JSON.stringify({ api_version: '1.0', event });
}

/**
 * The id depends only on the transaction, so the ledger recognizes the event if it is sent twice. It contains the renewal
 * number because a store may use one transaction id for all renewals.
 */
export function backfillId({ renewalNumber, transactionId }: ExportRow, { kind }: ExpectedEvent): string {
  return `backfill:${kind}:${renewalNumber ?? ''}:${transactionId}`;
}

/** RevenueCat states the end of a refunded subscription, but no end of a purchase that has none. */
function endOf({ endsAtMs, accessEndsAtMs }: ExportRow, isRefund: boolean): number | undefined {
  return isRefund && endsAtMs !== undefined ? (accessEndsAtMs ?? endsAtMs) : endsAtMs;
}

function purchaseType(row: ExportRow): string {
  if (!row.isAutoRenewable) return 'NON_RENEWING_PURCHASE';
  return isRenewal(row) ? 'RENEWAL' : 'INITIAL_PURCHASE';
}

/** RevenueCat counts renewals from 1, which is the first purchase or the trial. */
function isRenewal({ isAutoRenewable, isTrial, renewalNumber }: ExportRow): boolean {
  return isAutoRenewable && !isTrial && (renewalNumber ?? 1) > 1;
}
