import { type Reason, type Verdict } from '@app/delivery';

/** The response to one request, or the failure that came instead of a response. */
export type StatsigResponse =
  | {
      kind: 'response';
      status: number;
      /** The body as text, at most 64 KiB of it. The server secret is redacted. */
      body: string;
      /** False: the body was cut off, was not finished at the deadline or is longer than what is read of it. */
      isBodyComplete: boolean;
      /** The `Retry-After` header. */
      retryAfter?: string;
      /** The `Location` header of a redirect, which is not followed. The server secret is redacted. */
      location?: string;
    }
  | {
      kind: 'no_response';
      code: string;
      message: string;
      /** False: the request failed before any of it was written to a connection. */
      mayHaveBeenSent: boolean;
    };

const maxQuotedLength = 500;

/**
 * Statsig documents no 4xx response, so the meanings are those of HTTP (RFC 9110). Three groups:
 *
 * - `suspending` concerns the secret, the address, the method or the headers. These are the same for every event, so no
 *   event is the cause and every event would fail alike.
 * - `rejecting` concerns the content or the size of the request, so it may be about one event.
 * - Any other 4xx is retried like a 5xx, because its scope is unknown. If it concerns one event, that event becomes a
 *   dead letter after `DISPATCHER_RETRY_LIMIT` attempts while others are accepted. If it concerns all events, the circuit
 *   breaker opens and keeps them in order.
 */
const suspending = new Set([
  401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 415, 416, 417, 421, 426, 428, 451,
]);
const rejecting = new Set([400, 409, 413, 414, 422, 431]);

/**
 * A proxy gave up waiting for the server behind it, which may have processed the request. 520, 522 and 524 are
 * Cloudflare's (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/).
 */
const ambiguous = new Set([408, 502, 504, 520, 522, 524, 599]);

/**
 * The one place that decides what a response of Statsig means.
 *
 * @param nowMs wall-clock time, to which a date in `Retry-After` is relative
 */
export function classify(response: StatsigResponse, nowMs: number): Verdict {
  if (response.kind === 'no_response') {
    return {
      kind: 'retry',
      reason: `statsig_${response.code}`,
      detail: response.message.slice(0, maxQuotedLength),
      ambiguous: response.mayHaveBeenSent,
    };
  }
  const { status } = response;
  const reason = `statsig_${status}` as const;
  const detail = describe(response);
  if (isSuccess(status)) {
    if (!reportsFailure(response.body)) return { kind: 'accepted' };
    return retry(response, { reason: 'statsig_success_false', detail, ambiguous: false }, nowMs);
  }
  if (suspendsIntegration(status)) return { kind: 'suspend', reason, detail };
  if (rejecting.has(status)) return { kind: 'reject', reason, detail };
  return retry(response, { reason, detail, ambiguous: ambiguous.has(status) }, nowMs);
}

/** Whether a response with this status concerns every request of an integration, which is therefore suspended. */
function suspendsIntegration(status: number): boolean {
  return isRedirect(status) || suspending.has(status);
}

/** Both forms of RFC 9110: seconds, or an HTTP date. Undefined if absent or invalid. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Number(text) * 1_000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/**
 * A 2xx is acceptance unless its body is JSON with `"success": false`. Statsig documents a body for `log_event` only;
 * that an empty, incomplete or different body means acceptance is an assumption. If it is wrong, one event is missing
 * from Statsig. The opposite assumption would be worse if wrong: Statsig does not deduplicate custom events, and every
 * event would be sent, and counted, without end.
 */
function reportsFailure(body: string): boolean {
  try {
    // trim() also removes a byte order mark, which JSON.parse does not accept.
    return (JSON.parse(body.trim()) as { success?: unknown } | null)?.success === false;
  } catch {
    return false;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A redirect is not followed: it would send the secret and the events to another address than the configured one. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function describe({ status, location, body }: Extract<StatsigResponse, { kind: 'response' }>): string {
  if (isRedirect(status) && location !== undefined) {
    return `Statsig responded with ${status}, a redirect to ${location.slice(0, maxQuotedLength)}`;
  }
  const quoted = body.slice(0, maxQuotedLength);
  return `Statsig responded with ${status}${quoted === '' ? '' : `: ${quoted}`}`;
}

function retry(
  { retryAfter }: { retryAfter?: string },
  cause: { reason: Reason; detail: string; ambiguous: boolean },
  nowMs: number,
): Verdict {
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  return { kind: 'retry', ...cause, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
