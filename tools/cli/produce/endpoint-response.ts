import { parseRetryAfter } from '@app/statsig';

export type EndpointResponse =
  | {
      kind: 'response';
      status: number;
      /** Of the problem in the body; empty if there is none. */
      title: string;
      detail: string;
      /** Value of the header. */
      retryAfter: string | undefined;
    }
  /** The response was lost, or the connection failed. */
  | { kind: 'failed'; code: string };

export type NextStep =
  | { kind: 'accepted' }
  | { kind: 'rejected'; reason: string; detail: string }
  | { kind: 'resend'; waitMs: number };

const firstWaitMs = 1_000;
const maxWaitMs = 30_000;
/** Longest wait that is accepted from a Retry-After header. */
const maxRetryAfterMs = 300_000;

/**
 * What to do after an attempt. RevenueCat also sends events again that the endpoint rejects, within hours; here, only those
 * that another attempt can change.
 *
 * @param attempt number of attempts so far
 */
export function nextStep(
  response: EndpointResponse,
  attempt: number,
  maxAttempts: number,
  nowMs: number,
): NextStep {
  if (response.kind === 'failed') {
    const detail = `No response after ${attempt} attempts.`;
    return attempt < maxAttempts
      ? { kind: 'resend', waitMs: backoffMs(attempt) }
      : { kind: 'rejected', reason: response.code, detail };
  }
  const { status, title, detail, retryAfter } = response;
  if (status === 200) return { kind: 'accepted' };
  if (isTemporary(status) && attempt < maxAttempts) {
    return { kind: 'resend', waitMs: retryAfterMs(retryAfter, nowMs) ?? backoffMs(attempt) };
  }
  return { kind: 'rejected', reason: title === '' ? String(status) : `${status} ${title}`, detail };
}

function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function backoffMs(attempt: number): number {
  return Math.min(maxWaitMs, firstWaitMs * 2 ** (attempt - 1));
}

function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const ms = parseRetryAfter(header, nowMs);
  return ms === undefined ? undefined : Math.min(ms, maxRetryAfterMs);
}
