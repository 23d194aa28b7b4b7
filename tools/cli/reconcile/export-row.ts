import { CannotRunError } from '../exit-codes';

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
  refundedAtMs: number | undefined;
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

/** Without one of these, transactions could be matched wrongly or events would be incomplete. */
const requiredColumns = [
  'rc_original_app_user_id', 'rc_last_seen_app_user_id_alias', 'product_identifier', 'start_time', 'store',
  'is_auto_renewable', 'is_trial_period', 'is_sandbox', 'price_in_usd', 'store_transaction_id', 'refunded_at',
  'renewal_number',
] as const; // prettier-ignore

const optionalColumns = [
  'original_store_transaction_id', 'end_time', 'updated_at', 'is_in_intro_offer_period', 'is_trial_conversion',
  'ownership_type', 'purchase_price_in_usd', 'purchased_currency', 'price_in_purchased_currency',
  'purchase_price_in_purchased_currency', 'tax_percentage', 'commission_percentage', 'country', 'presented_offering',
  'entitlement_identifiers',
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
  const transactionId = cell('store_transaction_id');
  const startedAtMs = timeOf(cell('start_time'));
  const product = cell('product_identifier');
  const originalAppUserId = cell('rc_original_app_user_id');
  if (transactionId === undefined) return { problem: 'it has no store_transaction_id' };
  if (startedAtMs === undefined) return { problem: 'its start_time is not a time' };
  if (product === undefined) return { problem: 'it has no product_identifier' };
  if (originalAppUserId === undefined) return { problem: 'it has no rc_original_app_user_id' };
  const number = (column: Column): number | undefined => numberOf(cell(column));
  const flag = (column: Column): boolean => isTrue(cell(column));
  return {
    transactionId,
    renewalNumber: number('renewal_number'),
    originalTransactionId: cell('original_store_transaction_id'),
    appUserId: cell('rc_last_seen_app_user_id_alias') ?? originalAppUserId,
    originalAppUserId,
    product,
    store: (cell('store') ?? '').toUpperCase(),
    startedAtMs,
    endsAtMs: timeOf(cell('end_time')),
    refundedAtMs: timeOf(cell('refunded_at')),
    updatedAtMs: timeOf(cell('updated_at')),
    isAutoRenewable: flag('is_auto_renewable'),
    isTrial: flag('is_trial_period'),
    isIntroOffer: flag('is_in_intro_offer_period'),
    isTrialConversion: flag('is_trial_conversion'),
    isSandbox: flag('is_sandbox'),
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
}

function present(cell: string | undefined): string | undefined {
  return cell === undefined || cell === '' || cell === 'null' || cell === '\\N' ? undefined : cell;
}

/** Times are UTC, such as `2023-01-01 08:27:06`, unless they state a zone. */
function timeOf(cell: string | undefined): number | undefined {
  if (cell === undefined) return undefined;
  const text = cell.replace(' ', 'T');
  // A date alone is UTC already.
  const isLocal = text.includes('T') && !/(Z|[+-]\d\d:\d\d)$/.test(text);
  const timeMs = Date.parse(isLocal ? `${text}Z` : text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function numberOf(cell: string | undefined): number | undefined {
  const value = cell === undefined ? NaN : Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/** Exports before version 4 write `t`. */
function isTrue(cell: string | undefined): boolean {
  return cell !== undefined && /^t(rue)?$/i.test(cell);
}

/** `["a", "b"]`; `{a,b}` before version 4. */
function listOf(cell: string | undefined): string[] | undefined {
  const items = cell
    ?.replace(/^[[{]|[\]}]$/g, '')
    .split(',')
    .map((item) => item.trim().replaceAll('"', ''));
  return items?.filter((item) => item !== '');
}
