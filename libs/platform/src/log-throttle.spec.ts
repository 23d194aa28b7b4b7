import { LogThrottle } from './log-throttle';

it('allows one line per interval for each kind, with the number of occurrences', () => {
  let nowMs = 0;
  const throttle = new LogThrottle(() => nowMs, 1_000);
  expect(['a', 'a', 'a', 'b'].map((kind) => throttle.count(kind))).toEqual([1, undefined, undefined, 1]);
  nowMs = 999;
  expect(throttle.count('a')).toBeUndefined();
  nowMs = 1_000;
  expect(throttle.count('a')).toBe(4);
  expect(throttle.count('a')).toBeUndefined();
});

it('allows a line immediately after a reset', () => {
  const throttle = new LogThrottle(() => 0);
  expect(throttle.reset()).toBe(false);
  throttle.count('a');
  expect(throttle.count('a')).toBeUndefined();
  expect(throttle.reset()).toBe(true);
  expect(throttle.count('a')).toBe(1);
});
