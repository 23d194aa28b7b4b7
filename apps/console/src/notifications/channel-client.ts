import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { parseRetryAfter } from '@app/statsig';
import { Agent, request } from 'undici';
import { addressProblem, channelUrlProblem } from './channel-url';
import { type MessageRequest } from './message';

/** The result of one attempt. Only a 2xx status is a success. */
export type SendResult =
  | { kind: 'sent'; status: number }
  | {
      kind: 'failed';
      status: number | null;
      detail: string;
      retryAfterMs: number | undefined;
      /** The receiver may have accepted the message. */
      isAmbiguous: boolean;
    };

export const sendTimeoutMs = 10_000;
/** More of a response is not read; its connection is closed. */
const maxResponseBytes = 16 * 1024;
const maxRetryAfterMs = 3_600_000;
/** A proxy gave up waiting for the receiver behind it. */
const ambiguousStatuses = new Set([408, 502, 504]);
/** Errors of a connection that was established. */
const ambiguousErrors = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'HTTPParserError']);

/** Sends messages to the URLs of channels. Follows no redirect, and keeps nothing of a response but its status. */
export class ChannelClient {
  private readonly agent: Agent;

  constructor(
    private readonly allowsLoopback: boolean,
    private readonly timeoutMs = sendTimeoutMs,
  ) {
    this.agent = new Agent({
      connections: 2,
      allowH2: false,
      connect: { timeout: timeoutMs, lookup: this.lookupPermitted.bind(this) },
      // The timeout of the request covers both.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never throws for what the network or the receiver does. The detail never contains the URL, which is a secret. */
  async send(url: string, { headers, body }: MessageRequest): Promise<SendResult> {
    const problem = channelUrlProblem(url, this.allowsLoopback);
    if (problem !== undefined) return failed(problem);
    const signal = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await request(url, { dispatcher: this.agent, method: 'POST', headers, body, signal });
      const { statusCode: status } = response;
      await response.body.dump({ limit: maxResponseBytes, signal }).catch(() => undefined);
      if (status >= 200 && status < 300) return { kind: 'sent', status };
      return {
        kind: 'failed',
        status,
        detail: `The receiver responded with ${status}.${status >= 300 && status < 400 ? ' Redirects are not followed.' : ''}`,
        retryAfterMs: retryAfterMs(response.headers['retry-after']),
        isAmbiguous: ambiguousStatuses.has(status),
      };
    } catch (error) {
      if (signal.aborted)
        return failed(`The receiver did not respond within ${this.timeoutMs / 1_000} seconds.`, true);
      if (error instanceof ForbiddenAddressError) return failed(error.message);
      const code = codeOf(error);
      return failed(`The receiver cannot be reached (${code}).`, ambiguousErrors.has(code));
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** Checks the addresses that the connection uses, because a name may resolve to another one at any time. */
  private lookupPermitted(
    hostname: string,
    options: LookupOptions,
    done: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
  ): void {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      // After an error, the addresses are undefined, although their type excludes that.
      if (error !== null) {
        done(error, []);
        return;
      }
      const problem = addresses
        .map(({ address }) => addressProblem(address, this.allowsLoopback))
        .find((one) => one !== undefined);
      const [first] = addresses;
      if (problem !== undefined) done(new ForbiddenAddressError(problem), []);
      else if (options.all === true || first === undefined) done(null, addresses);
      else done(null, first.address, first.family);
    });
  }
}

class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

function failed(detail: string, isAmbiguous = false): SendResult {
  return { kind: 'failed', status: null, detail, retryAfterMs: undefined, isAmbiguous };
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return [code, name].find((text) => typeof text === 'string') ?? 'unknown error';
}

function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const waitMs = typeof header === 'string' ? parseRetryAfter(header, Date.now()) : undefined;
  return waitMs === undefined ? undefined : Math.min(waitMs, maxRetryAfterMs);
}
