import { type ExportRow } from './export-row';

export type EventKind = 'purchase' | 'refund';

/** An event that a transaction has to have in Statsig. */
export interface ExpectedEvent {
  kind: EventKind;
  atMs: number;
  /** Undefined if RevenueCat does not know the price; negative for a refund. */
  usd: number | undefined;
  /** The same in the currency of the purchase. */
  inCurrency: number | undefined;
  /** Whether the store may not have been able to charge it, so that RevenueCat has sent no event. */
  mayBeUnpaid?: true;
}

/** Why a row is not compared. */
export type Exclusion = 'sandbox' | 'familyShared' | 'promotional' | 'invalidated';

/**
 * RevenueCat's revenue excludes sandbox, family-shared and promotional transactions too
 * (code_blocks/integrations/scheduled-data-exports_3.pgsql in https://github.com/RevenueCat/docs). With an end before its
 * start, Google has invalidated a transaction, for example because it could not be billed.
 */
export function exclusionOf(row: ExportRow): Exclusion | undefined {
  if (row.isSandbox) return 'sandbox';
  if (row.isFamilyShared) return 'familyShared';
  if (row.store === 'PROMOTIONAL') return 'promotional';
  return row.endsAtMs !== undefined && row.endsAtMs < row.startedAtMs ? 'invalidated' : undefined;
}

/**
 * A purchase with its gross price, and a refund of the difference to the net price, which is not always all of it. An upgrade
 * that Apple refunds in part has no `refunded_at`, and so no refund here: RevenueCat sends no event for it either.
 */
export function expectedEvents(row: ExportRow): ExpectedEvent[] {
  const { startedAtMs, refundedAtMs } = row;
  const isRefunded = refundedAtMs !== undefined;
  const gross = (grossPrice: number | undefined, netPrice: number | undefined): number | undefined =>
    grossPrice ?? (isRefunded ? undefined : netPrice);
  const usd = gross(row.grossUsd, row.netUsd);
  const inCurrency = gross(row.grossInCurrency, row.netInCurrency);
  const purchase: ExpectedEvent = {
    ...{ kind: 'purchase', atMs: startedAtMs, usd, inCurrency },
    ...(mayBeUnpaid(row) && { mayBeUnpaid: true }),
  };
  if (!isRefunded) return [purchase];
  const refund: ExpectedEvent = {
    kind: 'refund',
    atMs: refundedAtMs,
    usd: difference(row.netUsd, usd),
    inCurrency: difference(row.netInCurrency, inCurrency),
  };
  return [purchase, refund];
}

/**
 * Google and Stripe begin the next period before it is paid. RevenueCat therefore leaves such transactions out of its query for
 * retention (code_blocks/integrations/scheduled-data-exports_14.pgsql in https://github.com/RevenueCat/docs).
 */
function mayBeUnpaid({ hasBillingIssue, store }: ExportRow): boolean {
  return hasBillingIssue && (store === 'PLAY_STORE' || store === 'STRIPE');
}

/** Without the error of subtracting binary fractions. */
function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Number((a - b).toFixed(6));
}
