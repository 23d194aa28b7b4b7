import { evaluateClock } from './evaluate-clock';

const redis = (differenceMs: number, uncertaintyMs = 1) => ({ source: 'Redis', differenceMs, uncertaintyMs });

describe('the evaluation of the clock', () => {
  it('accepts differences within a second or within the error of the measurement', () => {
    expect(evaluateClock([redis(-900), { ...redis(1_400, 600), source: 'Statsig' }])).toEqual([
      { level: 'ok', subject: 'clock', found: 'It agrees with: Redis, Statsig.' },
    ]);
  });

  it.each([
    [2_500, 'warning', '2.5 s ahead of'],
    [-2_500, 'warning', '2.5 s behind'],
    [-60_000, 'error', '60.0 s behind'],
  ])('reports a difference of %d ms', (differenceMs, level, found) => {
    expect(evaluateClock([redis(differenceMs)])).toMatchObject([
      {
        level,
        found: expect.stringContaining(found) as unknown,
        action: expect.stringContaining('NTP') as unknown,
      },
    ]);
  });

  it('reports events from the future, and nothing if no clock could be read', () => {
    expect(evaluateClock([redis(0)], 3)).toMatchObject([
      { level: 'warning', found: expect.stringContaining('3 events') as unknown },
    ]);
    expect(evaluateClock([])).toEqual([]);
  });
});
