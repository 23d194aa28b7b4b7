import { numberField, type RevenueCatEvent } from '@app/revenuecat';

/**
 * What the value of an event is. RevenueCat calls the modes "gross revenue", "revenue after store commission" and "revenue after
 * store commission and taxes" (https://www.revenuecat.com/docs/dashboard-and-metrics/taxes-and-commissions).
 */
export type RevenueMode = 'gross' | 'after_commission' | 'after_commission_and_tax';

export interface EventValue {
  /** In USD: negative for a refund, 0 for a trial. */
  valueUsd: number;
  /** What the value is. It is gross if the event has no usable percentages for the mode. */
  basis: RevenueMode | 'gross_percentages_missing';
  grossUsd: number;
  /** After commission and tax; undefined if the event has no usable percentages. */
  proceedsUsd?: number;
}

/**
 * The value of an event: `price × (1 − commission_percentage − tax_percentage)`, as RevenueCat documents it, without the tax or
 * without both according to the mode. Undefined if the event has no price.
 *
 * Percentages are fractions of 1. If one that is needed is absent, negative, or their sum exceeds 1, nothing is deducted.
 * Of a price of 0 nothing can be deducted, so it needs none.
 */
export function eventValue({ fields }: RevenueCatEvent, mode: RevenueMode): EventValue | undefined {
  const grossUsd = numberField(fields, 'price');
  if (grossUsd === undefined) return undefined;
  const commission = numberField(fields, 'commission_percentage');
  const tax = numberField(fields, 'tax_percentage');
  const afterCommission = deduct(grossUsd, [commission]);
  const proceedsUsd = deduct(grossUsd, [commission, tax]);
  const wanted = {
    gross: grossUsd,
    after_commission: afterCommission,
    after_commission_and_tax: proceedsUsd,
  };
  const valueUsd = wanted[mode];
  return {
    ...(valueUsd === undefined
      ? { valueUsd: grossUsd, basis: 'gross_percentages_missing' }
      : { valueUsd, basis: mode }),
    grossUsd,
    ...(proceedsUsd !== undefined && { proceedsUsd }),
  };
}

/** Rounded to a millionth of a dollar, alike for both signs, so that a purchase and its refund add up to zero. */
function deduct(priceUsd: number, percentages: readonly (number | undefined)[]): number | undefined {
  if (priceUsd === 0) return 0;
  let rest = 1;
  for (const percentage of percentages) {
    if (percentage === undefined || percentage < 0) return undefined;
    rest -= percentage;
  }
  if (rest < -roundingError) return undefined;
  // Not -0, which would be a refund of nothing.
  return Number((priceUsd * Math.max(0, rest)).toFixed(6)) + 0;
}

/** 1 - 0.7 - 0.3 is slightly less than 0. */
const roundingError = 1e-9;
