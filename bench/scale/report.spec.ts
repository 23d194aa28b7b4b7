import { report } from './report';

const circumstances = { latencyMs: 100, eventsPerDispatcher: 10_000, partitions: 24 };
const results = [
  { dispatchers: 1, rate: 600, cpuMicros: 90 },
  { dispatchers: 4, rate: 2_160, cpuMicros: undefined },
];

it("compares each dispatcher with the first row and with the limit of Little's law", () => {
  const text = report(results, { ...circumstances, format: 'revenuecat' });
  expect(text).toContain('| 1 | 600 | 600 | 1.00 | 0.94 | 90 |');
  expect(text).toContain('| 4 | 2160 | 540 | 0.90 | 0.84 | not measured |');
});

it('states no limit for requests with a varying number of events', () => {
  expect(report(results, { ...circumstances, format: 'log_event' })).toContain(
    '| 1 | 600 | 600 | 1.00 | – | 90 |',
  );
});
