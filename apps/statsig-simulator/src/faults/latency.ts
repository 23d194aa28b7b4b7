import { type Latency } from './fault-rules';

/** 99th percentile of the standard normal distribution. */
const z99 = 2.326_347_874;

/** Samples a delay in milliseconds. `random` returns numbers from 0 (inclusive) to 1 (exclusive). */
export function sampleLatencyMs(latency: Latency, random: () => number): number {
  switch (latency.shape) {
    case 'fixed':
      return latency.ms;
    case 'uniform':
      return latency.minMs + random() * (latency.maxMs - latency.minMs);
    case 'lognormal': {
      const sigma = Math.log(latency.p99Ms / latency.p50Ms) / z99;
      return latency.p50Ms * Math.exp(sigma * standardNormal(random));
    }
  }
}

/** Box–Muller transform. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
