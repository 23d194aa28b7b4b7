import { sampleLatencyMs } from './latency';
import { seededRandom } from './seeded-random';

describe('latency', () => {
  it('is constant if fixed', () => {
    expect(sampleLatencyMs({ shape: 'fixed', ms: 30 }, () => 0.9)).toBe(30);
  });

  it('stays within its bounds if uniform', () => {
    expect(sampleLatencyMs({ shape: 'uniform', minMs: 10, maxMs: 20 }, () => 0)).toBe(10);
    expect(sampleLatencyMs({ shape: 'uniform', minMs: 10, maxMs: 20 }, () => 0.5)).toBe(15);
  });

  it('has the given median and 99th percentile if lognormal', () => {
    const random = seededRandom(1);
    const samples = Array.from({ length: 20_000 }, () =>
      sampleLatencyMs({ shape: 'lognormal', p50Ms: 40, p99Ms: 400 }, random),
    ).sort((a, b) => a - b);
    const percentile = (part: number): number => samples[Math.floor(samples.length * part)] ?? NaN;
    expect(percentile(0.5) / 40).toBeCloseTo(1, 1);
    expect(percentile(0.99) / 400).toBeGreaterThan(0.85);
    expect(percentile(0.99) / 400).toBeLessThan(1.15);
  });
});
