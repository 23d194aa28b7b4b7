import { type SendResult } from './channel-client';
import { type AttemptOutcome } from './notification-queue';

const firstDelayMs = 5_000;
const maxDelayMs = 15 * 60_000;
/** An older message is dropped, because the state has probably changed since. */
const maxAgeMs = 24 * 3_600_000;

/** Decides what happens to a message after an attempt. Each delay is twice the one before, up to 15 minutes. */
export function outcomeOf(
  result: SendResult,
  { failedAttempts, ageMs }: { failedAttempts: number; ageMs: number },
): AttemptOutcome {
  if (result.kind === 'sent') return { kind: 'sent' };
  const { detail, retryAfterMs = 0 } = result;
  const backoffMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failedAttempts, 20));
  const delayMs = Math.max(retryAfterMs, backoffMs);
  return ageMs + delayMs > maxAgeMs ? { kind: 'given_up', detail } : { kind: 'retry', delayMs, detail };
}
