import { LogThrottle } from './log-throttle';

it('allows one line per interval for each kind, which says how many occurrences it stands for', () => {
  let nowMs = 0;
  const throttle = new LogThrottle(() => nowMs, 1_000);
  expect(['a', 'a', 'a', 'b'].map((kind) => throttle.count(kind))).toEqual([1, undefined, undefined, 1]);
  nowMs = 999;
  expect(throttle.count('a')).toBeUndefined();
  nowMs = 1_000;
  expect(throttle.count('a')).toBe(4);
  expect(throttle.count('a')).toBeUndefined();
});
