import { InvalidArgumentError } from 'commander';
import { time } from './parse-option';

it.each([
  ['2026-01-31', Date.UTC(2026, 0, 31)],
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:00.500+01:00', Date.UTC(2026, 0, 31, 11, 0, 0, 500)],
])('the time %s is the same on every machine', (text, expected) => {
  expect(time(text)).toBe(expected);
});

it.each(['2026-01-31T12:00:00', '31.01.2026', 'January 2026', '2026', ''])(
  'the time "%s" is invalid',
  (text) => {
    expect(() => time(text)).toThrow(InvalidArgumentError);
  },
);
