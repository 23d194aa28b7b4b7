import { z } from 'zod';

const pauseAfterFailureMs = 10_000;
const pauseAfterWrongKeyMs = 300_000;
const maxPauseMs = 300_000;

/** The message is not read, because it may name the customer or the key. */
const errorBody = z.object({
  type: z
    .string()
    .regex(/^[a-z_]{1,40}$/)
    .optional()
    .catch(undefined),
  param: z
    .string()
    .regex(/^[a-z_.]{1,40}$/)
    .nullish()
    .catch(undefined),
  backoff_ms: z.number().nullish().catch(undefined),
});

/** RevenueCat did not do what was requested. The message is for logs and users, so it names neither a customer nor a key. */
export class RevenueCatApiError extends Error {
  override readonly name = 'RevenueCatApiError';

  constructor(
    message: string,
    /** HTTP status; undefined without a valid response. */
    readonly status: number | undefined,
    /** How long to make no request at all, in ms. */
    readonly pauseMs: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The error for a response that is not a success. `backoff_ms` takes precedence over `Retry-After`, whose unit differs between
 * pages of RevenueCat's documentation.
 */
export function errorOfResponse(status: number, text: string, retryAfter: unknown): RevenueCatApiError {
  const { type, param, backoff_ms: backoffMs } = parseBody(text);
  const about = [type, param].filter((part) => typeof part === 'string').join(', ');
  const message = `RevenueCat responded with ${status}${about === '' ? '' : ` (${about})`}.`;
  if (status === 401 || status === 403) {
    return new RevenueCatApiError(`${message} Check the API key.`, status, pauseAfterWrongKeyMs);
  }
  const retryAfterMs = typeof retryAfter === 'string' ? Number(retryAfter) * 1_000 : Number.NaN;
  const requestedMs = backoffMs ?? (Number.isFinite(retryAfterMs) ? retryAfterMs : pauseAfterFailureMs);
  // 423: only this resource is locked, and only briefly.
  const pauseMs = status === 423 ? 0 : Math.min(Math.max(requestedMs, 0), maxPauseMs);
  return new RevenueCatApiError(message, status, pauseMs);
}

/** The error for a request that failed, or whose response is invalid. */
export function errorOfFailure(error: unknown): RevenueCatApiError {
  if (error instanceof RevenueCatApiError) return error;
  return new RevenueCatApiError(detailOf(error), undefined, pauseAfterFailureMs, { cause: error });
}

/** The message of `JSON.parse` quotes the response, and that of its validation may. */
function detailOf(error: unknown): string {
  if (error instanceof z.ZodError || (error instanceof Error && error.name === 'SyntaxError'))
    return "RevenueCat's response is invalid.";
  // The reason of an AbortSignal.timeout is a DOMException.
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return 'RevenueCat did not respond in time.';
  const message = error instanceof Error ? error.message : String(error);
  // If the host has several addresses, the error is an AggregateError without a message.
  if (message === '') return 'RevenueCat cannot be reached.';
  return message.endsWith('.') ? message : `${message}.`;
}

function parseBody(text: string): z.output<typeof errorBody> {
  try {
    return errorBody.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
