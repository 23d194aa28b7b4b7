import { setTimeout as delay } from 'node:timers/promises';

interface Patience {
  timeoutMs: number;
  /** Between attempts. @default 50 */
  intervalMs?: number;
  /** True when trying on is in vain. */
  inVain?: () => boolean;
}

/** Tries until it succeeds. Rejects with the last problem when the time is over or trying on is in vain. */
export async function until<T>(
  attempt: () => Promise<T>,
  { timeoutMs, intervalMs = 50, inVain = () => false }: Patience,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (inVain() || Date.now() > deadline) throw error;
    }
    await delay(intervalMs);
  }
}
