import { dueBy, scheduledMs, sendOnSchedule } from './open-loop';

const schedule = { startMs: 1_000, perSecond: 50, events: 4 };

it('spaces events evenly', () => {
  expect([0, 1, 2, 3].map((n) => scheduledMs(schedule, n))).toEqual([1_000, 1_020, 1_040, 1_060]);
});

it('counts an event as due from its scheduled time on, and none beyond the last', () => {
  expect([999, 1_000, 1_019, 1_020, 5_000].map((ms) => dueBy(schedule, ms))).toEqual([0, 1, 1, 2, 4]);
});

it('sends late events at once, each with its scheduled time, and catches up with the schedule', async () => {
  let nowMs = 1_000;
  const sent: [n: number, scheduledMs: number, atMs: number][] = [];
  const waits: number[] = [];
  await sendOnSchedule(schedule, (n, planned) => sent.push([n, planned, nowMs]), {
    nowMs: () => nowMs,
    delay: (ms) => {
      waits.push(ms);
      // The first wait takes much longer than requested.
      nowMs += waits.length === 1 ? 45 : ms;
      return Promise.resolve();
    },
  });
  expect(sent).toEqual([
    [0, 1_000, 1_000],
    [1, 1_020, 1_045],
    [2, 1_040, 1_045],
    [3, 1_060, 1_060],
  ]);
  expect(waits).toEqual([20, 15]);
});
