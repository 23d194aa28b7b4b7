const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** Formats labels of a time axis, with the day if the points span more than one. */
export function axisLabels(points: readonly { atMs: number }[]): (atMs: number) => string {
  const span = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  const format = span > 86_000_000 ? dayAndClock : clock;
  return (atMs) => format.format(atMs);
}
