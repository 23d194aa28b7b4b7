import trialStart from '../../libs/testing/fixtures/webhooks/initial-purchase-trial.json';
import trialConversion from '../../libs/testing/fixtures/webhooks/renewal-trial-conversion.json';
import { type ExportValues } from '../../tools/cli/reconcile/test/export-csv';

const dayMs = 86_400_000;
const nowMs = Date.now();

export const yearly = trialConversion.event.product_id;
export const monthly = 'lantern_plus:monthly';

/** The webhooks of a customer who starts a trial, pays 39.99 USD in yen, less 15 % commission and 9.09 % tax, and gets it back. */
export const trial = { ...trialStart.event, id: 'event-trial', event_timestamp_ms: nowMs };
export const conversion = { ...trialConversion.event, id: 'event-conversion', event_timestamp_ms: nowMs };
export const refund = {
  ...conversion,
  id: 'event-refund',
  type: 'CANCELLATION',
  cancel_reason: 'CUSTOMER_SUPPORT',
  price: -conversion.price,
  price_in_purchased_currency: -conversion.price_in_purchased_currency,
};

/** The webhook of an earlier customer, who pays 9.99 USD after a trial. */
export const earlierConversion = {
  ...conversion,
  ...{ id: 'event-earlier', transaction_id: 'GPA.noah', original_transaction_id: 'GPA.noah' },
  ...{ app_user_id: 'noah', original_app_user_id: 'noah', aliases: ['noah'] },
  ...{ product_id: monthly, currency: 'USD', price: 9.99, price_in_purchased_currency: 9.99 },
};

/** A time as the export writes it. */
export function daysAgo(days: number): string {
  return new Date(nowMs - days * dayMs).toISOString().replace('T', ' ').slice(0, 19);
}

/** The transactions of the webhooks in RevenueCat's export. */
const receivedTransactions: ExportValues[] = [
  {
    ...{ store_transaction_id: trial.transaction_id, is_trial_period: 'true', renewal_number: '1' },
    ...{ product_identifier: yearly, price_in_usd: '0', purchase_price_in_usd: '0' },
  },
  {
    ...{ store_transaction_id: conversion.transaction_id, is_trial_conversion: 'true' },
    ...{ product_identifier: yearly, purchase_price_in_usd: '39.99' },
    ...{ price_in_usd: '0', refunded_at: daysAgo(0) },
  },
  {
    ...{ store_transaction_id: earlierConversion.transaction_id, is_trial_conversion: 'true' },
    ...{ product_identifier: monthly, purchase_price_in_usd: '9.99', price_in_usd: '9.99' },
  },
].map((row) => ({ start_time: daysAgo(0), end_time: daysAgo(-30), ...row }));

/** Transactions for which no webhook arrived: a purchase, and a renewal that was refunded. */
const missedTransactions: ExportValues[] = [
  {
    ...{ store_transaction_id: 'GPA.olga', renewal_number: '1', start_time: daysAgo(4) },
    ...{ rc_original_app_user_id: 'olga', rc_last_seen_app_user_id_alias: 'olga' },
    ...{ product_identifier: yearly, purchase_price_in_usd: '39.99', price_in_usd: '39.99' },
    ...{ commission_percentage: '0.3' },
  },
  {
    ...{ store_transaction_id: 'GPA.liam', renewal_number: '2', start_time: daysAgo(3) },
    ...{ rc_original_app_user_id: 'liam', rc_last_seen_app_user_id_alias: 'liam' },
    ...{ product_identifier: monthly, purchase_price_in_usd: '9.99' },
    ...{ price_in_usd: '0', refunded_at: daysAgo(2) },
  },
].map((row) => ({ end_time: daysAgo(-30), ...row }));

export const exportRows = [...receivedTransactions, ...missedTransactions];
