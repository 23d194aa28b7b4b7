import { setTimeout as delay } from 'node:timers/promises';

interface RetryOptions {
  timeoutMs: number;
  /** Wait between attempts. @default 50 */
  intervalMs?: number;
  /** True if further attempts cannot succeed. */
  shouldAbort?: () => boolean;
}

/** Retries until the attempt succeeds. Rejects with the last error on timeout or when `shouldAbort` returns true. */
export async function until<T>(
  attempt: () => Promise<T>,
  { timeoutMs, intervalMs = 50, shouldAbort = () => false }: RetryOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (shouldAbort() || Date.now() > deadline) throw error;
    }
    await delay(intervalMs);
  }
}
