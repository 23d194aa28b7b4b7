import { setTimeout as delay } from 'node:timers/promises';

const intervalMs = 250;

/** Takes a sample at once, at intervals until the work has ended, and after it. Rejects if the work does. */
export async function sampleWhile<T>(work: Promise<unknown>, take: () => Promise<T>): Promise<T[]> {
  let hasEnded = false;
  const isOver = (): boolean => hasEnded;
  const ended = work.finally(() => {
    hasEnded = true;
  });
  // Handled below, after the first sample.
  ended.catch(() => undefined);
  const samples = [await take()];
  while (!isOver()) {
    await Promise.race([ended, delay(intervalMs)]);
    if (!isOver()) samples.push(await take());
  }
  await ended;
  return [...samples, await take()];
}
