import { type RateResult } from './measure-rate';
import { report } from './report';

const rate: RateResult = {
  perSecond: 1_000,
  events: 30_000,
  latencyMs: { p50: 10, p95: 20, p99: 30.25, max: 99 },
  senderLateP99Ms: 1.5,
  rejected: 0,
  isSustained: true,
  costs: { Redis: { cpuMicros: 55, residentBytes: 12 * 2 ** 20 } },
};
const drain = { events: 100_000, eventsPerSecond: 5_000, consoleBehindSeconds: 2, costs: {} };
const circumstances = { format: 'revenuecat', customers: 10_000, seconds: 30 } as const;

it('reports the latency at each rate, the highest sustained rate and the drain rate', () => {
  const steps = [rate, { ...rate, perSecond: 1_500, rejected: 3, isSustained: false }];
  const text = report({ rates: [rate], highest: 1_000, steps, drain }, circumstances);
  expect(text).toContain('| 1,000 | 30,000 | 10.0 | 20.0 | 30.3 | 99.0 | 1.5 | 0 | yes |');
  expect(text).toContain('**1,000 events/s**. A rate');
  expect(text).toContain('| 1,500 | 30,000 | 10.0 | 20.0 | 30.3 | 99.0 | 1.5 | 3 | no |');
  expect(text).toContain('**5,000 events/s** arrived');
});

it('has no cost for a rate that was not sustained', () => {
  const rates = [rate, { ...rate, perSecond: 1_500, isSustained: false }];
  const text = report({ rates, highest: 1_000, steps: [], drain }, circumstances);
  expect(text).toContain('|  | 1,000/s | backlog |');
  expect(text).toContain('| Redis | 55 | not measured |');
});

it('does not present a rate if none was sustained', () => {
  const text = report({ rates: [rate], highest: 0, steps: [rate], drain }, circumstances);
  expect(text).toContain('The lowest rate of the search was not sustained.');
});
