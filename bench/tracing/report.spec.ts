import { report } from './report';

it('compares the two pipelines of each run', () => {
  const text = report(
    [
      { ratio: undefined, pairs: [{ off: 100, traced: 98 }], requests: 0 },
      {
        ratio: 0.01,
        pairs: [
          { off: 100, traced: 101 },
          { off: 200, traced: 204 },
          { off: 100, traced: 99 },
        ],
        requests: 12,
      },
    ],
    { perSecond: 250, seconds: 20 },
  );
  expect(text).toContain('| off | 98 | 0.980 | 0.980 to 0.980 | 0 |');
  expect(text).toContain('| 1 % | 101 | 1.010 | 0.990 to 1.020 | 12 |');
});
