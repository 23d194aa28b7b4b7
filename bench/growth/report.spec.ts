import { report } from './report';

it('has a row for each size, with sizes in MiB and Redis bytes for each customer', () => {
  const load = {
    perSecond: 500,
    events: 15_000,
    latencyMs: { p50: 20, p95: 40, p99: 60, max: 90 },
    senderLateP99Ms: 1,
    rejected: 0,
    isSustained: true,
    costs: { Redis: { cpuMicros: 55, residentBytes: 12 * 2 ** 20 } },
  };
  const text = report(
    [
      {
        known: 10_000,
        redisBytes: 12_000_000,
        readModelBytes: 24 * 2 ** 20,
        profileStepMs: { p50: 3.3, p95: 4, p99: 5.5 },
        load,
      },
    ],
    { perSecond: 500, seconds: 30, batchSize: 100, batches: 500 },
  );
  expect(text).toContain('| 10,000 | 11 | 1,200 | 24 | 3.3 | 5.5 | 20.0 | 60.0 | yes |');
  expect(text).toContain('|  | 10,000 known |');
  expect(text).toContain('| Redis | 55 |');
});
