import { CannotRunError } from '../exit-codes';
import { flagOf, idOf, listOf, numberOf, present, timeOf } from './export-cell';

/**
 * A transaction of RevenueCat's scheduled data export: what is needed of the columns of the transactions feed
 * (https://www.revenuecat.com/docs/integrations/scheduled-data-exports/transactions). Absent values are undefined.
 */
export interface ExportRow {
  transactionId: string;
  /** From 1; a trial conversion counts as a renewal. */
  renewalNumber: number | undefined;
  originalTransactionId: string | undefined;
  appUserId: string;
  originalAppUserId: string;
  product: string;
  /** Upper case, as in webhooks. */
  store: string;
  startedAtMs: number;
  endsAtMs: number | undefined;
  /** When access ends, with refunds and grace periods. */
  accessEndsAtMs: number | undefined;
  /** When RevenueCat detected the refund. */
  refundedAtMs: number | undefined;
  hasBillingIssue: boolean;
  /** When the row last changed. */
  updatedAtMs: number | undefined;
  isAutoRenewable: boolean;
  isTrial: boolean;
  isIntroOffer: boolean;
  isTrialConversion: boolean;
  isSandbox: boolean;
  isFamilyShared: boolean;
  /** After full and partial refunds. */
  netUsd: number | undefined;
  /** Before refunds; exports before version 4 do not have it. */
  grossUsd: number | undefined;
  currency: string | undefined;
  netInCurrency: number | undefined;
  grossInCurrency: number | undefined;
  taxPercentage: number | undefined;
  commissionPercentage: number | undefined;
  country: string | undefined;
  offering: string | undefined;
  entitlements: string[] | undefined;
}

/**
 * Without one of these, transactions could be matched wrongly, or events would state what is not true: that a purchase has no end
 * or unlocks nothing, or that it belongs to another subscription. Versions 3 to 7 of the export have them.
 */
const requiredColumns = [
  'rc_original_app_user_id', 'rc_last_seen_app_user_id_alias', 'product_identifier', 'start_time', 'end_time', 'store',
  'is_auto_renewable', 'is_trial_period', 'is_in_intro_offer_period', 'is_trial_conversion', 'is_sandbox',
  'ownership_type', 'price_in_usd', 'store_transaction_id', 'original_store_transaction_id', 'refunded_at',
  'renewal_number', 'entitlement_identifiers',
] as const; // prettier-ignore

const optionalColumns = [
  'effective_end_time', 'updated_at', 'purchase_price_in_usd', 'purchased_currency', 'price_in_purchased_currency',
  'purchase_price_in_purchased_currency', 'tax_percentage', 'commission_percentage', 'country', 'presented_offering',
  'billing_issues_detected_at',
] as const; // prettier-ignore

type Column = (typeof requiredColumns)[number] | (typeof optionalColumns)[number];

/** What is wrong with a row. */
export interface InvalidRow {
  problem: string;
}

/**
 * Reads rows by the names in the header, because the columns differ between versions of the export and can be selected.
 * Throws a {@link CannotRunError} if a required column is missing.
 *
 * @param file name of the file, for the error
 */
export function rowReader(
  header: readonly string[],
  file: string,
): (cells: string[]) => ExportRow | InvalidRow {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = requiredColumns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new CannotRunError(
      `${file} has no column ${missing.join(', ')}. Is it a transactions export of RevenueCat? If its columns were selected, add them to the selection.`,
    );
  const indexes = new Map(
    [...requiredColumns, ...optionalColumns].map((name) => [name, names.indexOf(name)]),
  );
  return (cells) => {
    if (cells.length !== names.length)
      return { problem: `it has ${cells.length} cells, and the header has ${names.length}` };
    return parseRow((column) => present(cells[indexes.get(column) ?? -1]));
  };
}

function parseRow(cell: (column: Column) => string | undefined): ExportRow | InvalidRow {
  const unreadable: { column: Column; what: string }[] = [];
  const reader =
    <T>(what: string, parse: (cell: string) => T | undefined) =>
    (column: Column): T | undefined => {
      const text = cell(column);
      const value = text === undefined ? undefined : parse(text);
      if (text !== undefined && value === undefined) unreadable.push({ column, what });
      return value;
    };
  const time = reader('a time', timeOf);
  const number = reader('a number', numberOf);
  const flag = reader('true or false', flagOf);
  const id = reader('an id, but a number that a spreadsheet has rounded', idOf);

  const transactionId = id('store_transaction_id');
  const startedAtMs = time('start_time');
  const product = cell('product_identifier');
  const originalAppUserId = cell('rc_original_app_user_id');
  const store = cell('store');
  const [isSandbox, isTrial] = [flag('is_sandbox'), flag('is_trial_period')];
  const isAutoRenewable = flag('is_auto_renewable');
  const optional = {
    renewalNumber: number('renewal_number'),
    originalTransactionId: id('original_store_transaction_id'),
    endsAtMs: time('end_time'),
    accessEndsAtMs: time('effective_end_time'),
    refundedAtMs: time('refunded_at'),
    hasBillingIssue: time('billing_issues_detected_at') !== undefined,
    updatedAtMs: time('updated_at'),
    isIntroOffer: flag('is_in_intro_offer_period') ?? false,
    isTrialConversion: flag('is_trial_conversion') ?? false,
    isFamilyShared: cell('ownership_type')?.toUpperCase() === 'FAMILY_SHARED',
    netUsd: number('price_in_usd'),
    grossUsd: number('purchase_price_in_usd'),
    currency: cell('purchased_currency'),
    netInCurrency: number('price_in_purchased_currency'),
    grossInCurrency: number('purchase_price_in_purchased_currency'),
    taxPercentage: number('tax_percentage'),
    commissionPercentage: number('commission_percentage'),
    country: cell('country'),
    offering: cell('presented_offering'),
    entitlements: listOf(cell('entitlement_identifiers')),
  };
  const [first] = unreadable;
  if (first !== undefined) return { problem: `its ${first.column} is not ${first.what}` };
  if (transactionId === undefined) return { problem: 'it has no store_transaction_id' };
  if (startedAtMs === undefined) return { problem: 'it has no start_time' };
  if (product === undefined) return { problem: 'it has no product_identifier' };
  if (originalAppUserId === undefined) return { problem: 'it has no rc_original_app_user_id' };
  if (store === undefined) return { problem: 'it has no store' };
  if (isSandbox === undefined) return { problem: 'it has no is_sandbox' };
  if (isTrial === undefined) return { problem: 'it has no is_trial_period' };
  if (isAutoRenewable === undefined) return { problem: 'it has no is_auto_renewable' };
  return {
    ...{ transactionId, startedAtMs, product, originalAppUserId, isSandbox, isTrial, isAutoRenewable },
    appUserId: cell('rc_last_seen_app_user_id_alias') ?? originalAppUserId,
    store: store.toUpperCase(),
    ...optional,
  };
}
