import { pace } from './pace';

/** Passes items at ten per second on a clock of its own; the work on each takes `workMs(n)`. Returns the times of the items. */
async function timesOf(count: number, workMs: (n: number) => number): Promise<number[]> {
  let nowMs = 0;
  const wait = (ms: number): Promise<void> => {
    nowMs += ms;
    return Promise.resolve();
  };
  const times: number[] = [];
  for await (const n of pace(Array(count).keys(), 10, { nowMs: () => nowMs, wait })) {
    times.push(nowMs);
    nowMs += workMs(n);
  }
  return times;
}

describe('the pace', () => {
  it('is the given rate, if the work is fast enough', async () => {
    expect(await timesOf(4, () => 30)).toEqual([0, 100, 200, 300]);
  });

  it('makes up for a short delay', async () => {
    expect(await timesOf(6, (n) => (n === 0 ? 250 : 0))).toEqual([0, 250, 250, 300, 400, 500]);
  });

  it('does not make up for more than a second', async () => {
    const times = await timesOf(30, (n) => (n === 0 ? 60_000 : 0));
    expect(times.filter((time) => time === 60_000)).toHaveLength(11);
  });
});
