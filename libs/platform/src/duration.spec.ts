import { z } from 'zod';
import { printableConfig, readConfig } from './config';
import { duration, durationRange, formatDuration, maxTimer } from './duration';

const schema = z.object({
  WAIT: duration('10s', { min: '0', max: maxTimer }).describe('A wait'),
  LIFETIME: duration('30d'),
});
const read = (env: Record<string, string>) => readConfig(schema, env);

describe('a setting that is a duration', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10m', 600_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('accepts %s', (LIFETIME, ms) => {
    expect(read({ LIFETIME }).LIFETIME).toBe(ms);
  });

  it('has its default in milliseconds', () => {
    expect(read({})).toEqual({ WAIT: 10_000, LIFETIME: 2_592_000_000 });
  });

  it.each(['45000', '1.5s', '1h30m', '10 s', '10S', '-1s', 's', '10min', '1e3ms', ' 10s'])(
    'rejects "%s" and lists the units',
    (WAIT) => {
      expect(() => read({ WAIT })).toThrow(
        /WAIT: must be a whole number and a unit \(ms, s, m, h or d\), such as 500ms, 10s or 30d/,
      );
    },
  );

  it('accepts 0 without a unit if its minimum is 0', () => {
    expect(read({ WAIT: '0' }).WAIT).toBe(0);
    expect(() => read({ LIFETIME: '0' })).toThrow('LIFETIME: must be from 1ms to 36500d');
  });

  it('rejects a value outside its range, with the limits in the same units', () => {
    expect(read({ WAIT: '24d' }).WAIT).toBeLessThan(2 ** 31);
    expect(() => read({ WAIT: '25d' })).toThrow('WAIT: must be from 0 to 24d');
    expect(() => read({ LIFETIME: '9'.repeat(400) + 'd' })).toThrow('LIFETIME: must be from 1ms to 36500d');
  });

  it('keeps its range when it is described', () => {
    expect(durationRange(schema.shape.WAIT)).toEqual({ min: '0', max: '24d' });
    expect(durationRange(z.number())).toBeUndefined();
  });

  it('is printed with its unit', () => {
    expect(printableConfig(schema, read({ WAIT: '90s' }))).toEqual({ WAIT: '90s', LIFETIME: '30d' });
  });
});

it.each([
  [0, '0'],
  [1_500, '1500ms'],
  [90_000, '90s'],
  [60_000, '1m'],
  [43_200_000, '12h'],
  [172_800_000, '2d'],
])('%s ms are formatted as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
