const growth = Math.log(1.08);

/** Numbers latencies so that one bin is 8 % wide: percentiles over any time are then sums of a few counts. */
export function binOf(latencyMs: number): number {
  return Math.round(Math.log(Math.max(1, latencyMs)) / growth);
}

export function latencyOf(bin: number): number {
  return Math.round(Math.exp(bin * growth));
}

/** The latency that the given share of events stayed within; undefined without any. */
export function percentile(
  bins: readonly { bin: number; count: number }[],
  share: number,
): number | undefined {
  const inOrder = bins.toSorted((a, b) => a.bin - b.bin);
  const total = inOrder.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { bin, count } of inOrder) {
    seen += count;
    if (seen >= total * share) return latencyOf(bin);
  }
  return undefined;
}
