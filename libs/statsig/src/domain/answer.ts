/** What came back from Statsig for one request, or what came instead. */
export type Answer =
  | { kind: 'response'; status: number; retryAfter?: string; body: string }
  | {
      kind: 'no_response';
      code: string;
      message: string;
      /** Whether Statsig may have the request. */ wasSent: boolean;
    };

/** What must happen next. */
export type Verdict =
  | { kind: 'accepted' }
  /** Statsig cannot take it now. `ambiguous`: it may have it all the same. */
  | { kind: 'retry'; reason: string; detail: string; ambiguous: boolean; retryAfterMs?: number }
  /** These events, or one of them, will never be taken. */
  | { kind: 'reject'; reason: string; detail: string }
  /** Nothing of this integration will be taken until a person acts. */
  | { kind: 'suspend'; reason: string; detail: string };

/** Statsig names no 4xx in its API description; the meanings are those of its SDKs and of HTTP. */
const rejecting = new Set([400, 405, 409, 411, 413, 414, 415, 422, 431]);
const suspending = new Set([401, 403, 404, 410]);
/** A proxy gave up waiting: what is behind it may have taken the request. */
const ambiguousStatuses = new Set([408, 502, 504, 522, 524, 599]);

/** The one place where an answer of Statsig is given its meaning. */
export function classify(answer: Answer, nowMs: number): Verdict {
  if (answer.kind === 'no_response') {
    return {
      kind: 'retry',
      reason: `statsig_${answer.code}`,
      detail: answer.message,
      ambiguous: answer.wasSent,
    };
  }
  const { status, body } = answer;
  const reason = `statsig_${status}`;
  const detail = `Statsig answered ${status}${body === '' ? '' : `: ${body.slice(0, 500)}`}`;
  if (status >= 200 && status < 300) return classifySuccess(status, body);
  if (rejecting.has(status)) return { kind: 'reject', reason, detail };
  if (suspending.has(status)) return { kind: 'suspend', reason, detail };
  const retryAfterMs = parseRetryAfter(answer.retryAfter, nowMs);
  return {
    kind: 'retry',
    reason,
    detail,
    ambiguous: ambiguousStatuses.has(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** A 2xx that does not say `"success": true` is no success, as for Statsig's own server SDK. */
function classifySuccess(status: number, body: string): Verdict {
  let success: unknown;
  try {
    success = (JSON.parse(body) as { success?: unknown } | null)?.success;
  } catch {
    return {
      kind: 'retry',
      reason: 'statsig_unreadable_answer',
      detail: `Statsig answered ${status} with a body that is not JSON: ${body.slice(0, 200)}`,
      ambiguous: true,
    };
  }
  if (success === true) return { kind: 'accepted' };
  return {
    kind: 'retry',
    reason: 'statsig_no_success',
    detail: `Statsig answered ${status} without "success": true: ${body.slice(0, 200)}`,
    ambiguous: success !== false,
  };
}

/** Both forms of RFC 9110: seconds, or an HTTP date. Undefined where absent or unreadable. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text) * 1_000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
