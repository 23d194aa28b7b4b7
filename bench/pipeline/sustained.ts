import { median } from '../quantile';

/** Events that were due and have not arrived, at a time. */
export interface Backlog {
  atMs: number;
  events: number;
}

/** A pipeline is sustained at a rate if its backlog grows by less than this share of the events sent. */
const tolerance = 0.02;

/** The growth of the backlog between the middle and the last third of the samples, divided by the events sent in that time. */
function growthOf(samples: readonly Backlog[], perSecond: number): number {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  const last = samples.slice(2 * third);
  const of = (part: readonly Backlog[], pick: (sample: Backlog) => number): number => median(part.map(pick));
  const grown = of(last, ({ events }) => events) - of(middle, ({ events }) => events);
  const seconds = (of(last, ({ atMs }) => atMs) - of(middle, ({ atMs }) => atMs)) / 1_000;
  return grown / (seconds * perSecond);
}

export function isSustained(samples: readonly Backlog[], perSecond: number): boolean {
  return growthOf(samples, perSecond) < tolerance;
}

export interface SearchOptions {
  fromPerSecond: number;
  /** Largest ratio of the rate that is not sustained to the one that is. */
  resolution: number;
  maxPerSecond: number;
}

/** Raises the rate by half until it is not sustained, then halves the interval. Returns 0 if the first rate is not sustained. */
export async function findHighestSustained(
  isSustainedAt: (perSecond: number) => Promise<boolean>,
  { fromPerSecond, resolution, maxPerSecond }: SearchOptions,
): Promise<number> {
  let low = 0;
  let high = fromPerSecond;
  while (await isSustainedAt(high)) {
    low = high;
    if (high >= maxPerSecond) return low;
    high = Math.min(maxPerSecond, Math.round(high * 1.5));
  }
  while (low > 0 && high / low > resolution) {
    const middle = Math.round(Math.sqrt(low * high));
    if (await isSustainedAt(middle)) low = middle;
    else high = middle;
  }
  return low;
}
