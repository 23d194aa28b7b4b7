import { setTimeout as delay } from 'node:timers/promises';

interface Clock {
  nowMs: () => number;
  wait: (ms: number) => Promise<unknown>;
}

/** After a stall, at most this much of it is made up for. */
const maxCatchUpMs = 1_000;

/** Passes the items on at this average rate. */
export async function* pace<T>(
  items: AsyncIterable<T> | Iterable<T>,
  perSecond: number,
  { nowMs, wait }: Clock = { nowMs: () => performance.now(), wait: (ms) => delay(ms) },
): AsyncGenerator<T> {
  let dueMs = nowMs();
  for await (const item of items) {
    const waitMs = dueMs - nowMs();
    if (waitMs > 0) await wait(waitMs);
    yield item;
    dueMs = Math.max(dueMs + 1_000 / perSecond, nowMs() - maxCatchUpMs);
  }
}
