import { coverageOf, isCovered } from './coverage';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 1, 1);

describe('coverageOf', () => {
  const retained = {
    hasDeletions: false,
    deletesBySize: false,
    segmentMs: day,
    firstReceivedAtMs: now - 9 * day,
    firstWrittenAtMs: now - 8 * day,
  };

  it('begins with the first event if Kafka has deleted nothing', () => {
    const coverage = coverageOf(retained, now);
    expect(isCovered(coverage, now - 9 * day)).toBe(true);
    expect(isCovered(coverage, now - 9 * day - 1)).toBe(false);
  });

  it('begins after the segment of the oldest record, and the renewals that may be in the one before', () => {
    const coverage = coverageOf({ ...retained, hasDeletions: true }, now);
    expect(isCovered(coverage, now - 6 * day)).toBe(true);
    expect(isCovered(coverage, now - 6 * day - 1)).toBe(false);
  });

  it('ends before the webhooks that RevenueCat may still retry', () => {
    const coverage = coverageOf(retained, now);
    expect(isCovered(coverage, now - 3 * hour - 1)).toBe(true);
    expect(isCovered(coverage, now - 155 * 60_000)).toBe(false);
  });

  it.each([
    { hasDeletions: true, deletesBySize: true },
    { hasDeletions: true, firstReceivedAtMs: undefined, firstWrittenAtMs: undefined },
    { firstReceivedAtMs: undefined, firstWrittenAtMs: undefined },
  ])('is empty for %j', (changes) => {
    expect(isCovered(coverageOf({ ...retained, ...changes }, now), now - day)).toBe(false);
  });
});
