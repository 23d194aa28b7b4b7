import { report } from './report';

it('compares each run with the run without tracing of the same turn', () => {
  const text = report(
    [
      { ratio: undefined, cpuMicros: [100, 200, 100], requests: 0 },
      { ratio: 0.01, cpuMicros: [101, 204, 99], requests: 12 },
    ],
    { perSecond: 500, seconds: 15 },
  );
  expect(text).toContain('| off | 100 | 1.000 | 1.000 to 1.000 | 0 |');
  expect(text).toContain('| 1 % | 101 | 1.010 | 0.990 to 1.020 | 12 |');
});
