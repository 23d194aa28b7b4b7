import { type Dispatcher } from 'undici';
import { type StatsigResponse } from './domain/response';

export interface HttpRequest {
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Enough for any error message; the rest of a longer body is discarded. */
const maxBodyBytes = 64 * 1024;

/**
 * Sends one POST request. Never rejects, and resolves within `timeoutMs`, which covers the wait for a connection,
 * connecting, the headers and the body.
 */
export function sendRequest(
  dispatcher: Dispatcher,
  { path, headers, body }: HttpRequest,
  timeoutMs: number,
): Promise<StatsigResponse> {
  return new Promise((resolve) => {
    dispatcher.dispatch({ method: 'POST', path, headers, body }, new Exchange(timeoutMs, resolve));
  });
}

/**
 * Collects the response to one request. Two phases decide how a failure counts:
 *
 * - undici calls `onRequestStart` when a connection is ready and it is about to write the request, never earlier. A
 *   failure until then (DNS, connect, TLS, no free connection, no file descriptor) means that Statsig received nothing,
 *   whatever the error code.
 * - Once the status has arrived it counts, whatever becomes of the body.
 */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly deadline: NodeJS.Timeout;
  private hasTimedOut = false;
  /** Set once the request may have been sent. */
  private started: Dispatcher.DispatchController | undefined;
  private received: { status: number; headers: ResponseHeaders } | undefined;
  private readonly chunks: Buffer[] = [];
  private bodyBytes = 0;

  constructor(
    private readonly timeoutMs: number,
    private readonly resolve: (response: StatsigResponse) => void,
  ) {
    this.deadline = setTimeout(() => {
      this.timeOut();
    }, timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The connection became ready after the deadline: the result was that nothing was sent, so nothing is sent.
    if (this.hasTimedOut) controller.abort(new TimeoutError(this.timeoutMs));
    else this.started = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    const isInformational = status < 200;
    if (!isInformational) this.received = { status, headers };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk.subarray(0, maxBodyBytes - this.bodyBytes));
    this.bodyBytes += chunk.length;
    if (this.bodyBytes > maxBodyBytes) controller.abort(new Error('The response body is too long.'));
  }

  onResponseEnd(): void {
    this.finish(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.received === undefined) this.fail(error);
    else this.finish(false);
  }

  private timeOut(): void {
    this.hasTimedOut = true;
    const error = new TimeoutError(this.timeoutMs);
    // Ends in onResponseError, and closes the connection.
    if (this.started !== undefined) this.started.abort(error);
    else this.fail(error);
  }

  private finish(isBodyComplete: boolean): void {
    if (this.received === undefined) return;
    clearTimeout(this.deadline);
    const { status, headers } = this.received;
    const retryAfter = headers['retry-after'];
    const { location } = headers;
    this.resolve({
      kind: 'response',
      status,
      body: Buffer.concat(this.chunks).toString(),
      isBodyComplete,
      ...(typeof retryAfter === 'string' && { retryAfter }),
      ...(typeof location === 'string' && { location }),
    });
  }

  private fail(error: Error): void {
    clearTimeout(this.deadline);
    const mayHaveBeenSent = this.started !== undefined;
    const code = codeOf(error);
    const cause = messageOf(error) || code;
    this.resolve({
      kind: 'no_response',
      code: code.replace(/^UND_ERR_/, '').toLowerCase(),
      message: mayHaveBeenSent
        ? `No response from Statsig: ${cause}`
        : `The request was not sent to Statsig: ${cause}`,
      mayHaveBeenSent,
    });
  }
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

class TimeoutError extends Error {
  readonly code = 'TIMEOUT';

  constructor(timeoutMs: number) {
    super(`the timeout of ${timeoutMs} ms has passed`);
  }
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** If a host has several addresses and none can be connected to, the errors are in an AggregateError without a message. */
function messageOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
}
