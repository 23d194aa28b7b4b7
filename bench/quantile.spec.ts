import { median, quantile, quantilesOf } from './quantile';

const hundred = Array.from({ length: 100 }, (_, i) => 99 - i);

it('finds quantiles of values in any order, without changing them', () => {
  expect(quantilesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
  expect(hundred[0]).toBe(99);
});

it('is the largest value for a share of 1, and NaN without values', () => {
  expect(quantile([3, 1, 2], 1)).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});

it('takes the higher of two middle values as the median', () => {
  expect(median([4, 1, 3, 2])).toBe(3);
});
