import { findHighestSustained, isSustained } from './sustained';

/** Ten seconds of samples at 1,000 events per second. */
const samples = (backlogAt: (seconds: number) => number) =>
  Array.from({ length: 40 }, (_, i) => ({ atMs: i * 250, events: backlogAt(i / 4) }));

describe('a rate is sustained', () => {
  it('if the backlog stays the same, at whatever size', () => {
    expect(
      isSustained(
        samples(() => 5_000),
        1_000,
      ),
    ).toBe(true);
  });

  it('if the backlog grows only at first, or varies', () => {
    expect(
      isSustained(
        samples((seconds) => Math.min(2_000, seconds * 1_000)),
        1_000,
      ),
    ).toBe(true);
    expect(
      isSustained(
        samples((seconds) => 100 + 80 * Math.sin(seconds * 7)),
        1_000,
      ),
    ).toBe(true);
  });

  it('unless a tenth of the events is added to the backlog', () => {
    expect(
      isSustained(
        samples((seconds) => seconds * 100),
        1_000,
      ),
    ).toBe(false);
  });
});

describe('the search for the highest sustained rate', () => {
  const search = async (limit: number) => {
    const tried: number[] = [];
    const found = await findHighestSustained(
      (perSecond) => {
        tried.push(perSecond);
        return Promise.resolve(perSecond <= limit);
      },
      { fromPerSecond: 1_000, resolution: 1.1, maxPerSecond: 20_000 },
    );
    return { found, tried };
  };

  it('ends within the resolution below the limit', async () => {
    const { found, tried } = await search(2_700);
    expect(found).toBeLessThanOrEqual(2_700);
    expect(found * 1.1).toBeGreaterThan(2_700);
    expect(tried.length).toBeLessThan(10);
  });

  it('finds nothing if the first rate is too high, and stops at the maximum', async () => {
    expect((await search(500)).found).toBe(0);
    expect((await search(Infinity)).found).toBe(20_000);
  });
});
