const growth = Math.log(1.08);

/** Assigns latencies to bins that are 8 % wide, so that percentiles over any time range need only a few counts. */
export function binOf(latencyMs: number): number {
  return Math.round(Math.log(Math.max(1, latencyMs)) / growth);
}

function latencyOf(bin: number): number {
  return Math.round(Math.exp(bin * growth));
}

/** Returns the latency within which the given share of events was delivered; undefined if there are none. */
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
