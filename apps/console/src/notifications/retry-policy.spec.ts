import { type SendResult } from './channel-client';
import { outcomeOf } from './retry-policy';

const failure: SendResult = {
  ...{ kind: 'failed', status: 500, detail: 'no', retryAfterMs: undefined, isAmbiguous: false },
};
const delayOf = (failedAttempts: number, result = failure): number | undefined => {
  const outcome = outcomeOf(result, { failedAttempts, ageMs: 0 });
  return outcome.kind === 'retry' ? outcome.delayMs : undefined;
};

it('doubles the delay up to 15 minutes', () => {
  expect([0, 1, 2, 7, 8, 1_000].map((attempts) => delayOf(attempts))).toEqual([
    5_000, 10_000, 20_000, 640_000, 900_000, 900_000,
  ]);
});

it('waits at least as long as the receiver asks', () => {
  expect(delayOf(0, { ...failure, retryAfterMs: 60_000 })).toBe(60_000);
  expect(delayOf(8, { ...failure, retryAfterMs: 60_000 })).toBe(900_000);
});

it('gives up after a day', () => {
  const dayMs = 86_400_000;
  const outcome = outcomeOf(failure, { failedAttempts: 100, ageMs: dayMs - 60_000 });
  expect(outcome).toEqual({ kind: 'given_up', detail: 'no' });
});
