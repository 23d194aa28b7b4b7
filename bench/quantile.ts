/** The value below which this share of the values is. NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The higher of the two middle values for an even count. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

export function quantilesOf(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
