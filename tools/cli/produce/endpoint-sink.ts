import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import { CannotRunError } from '../exit-codes';
import { type EventToSend, orderKeyOf } from './event-to-send';
import { type EventSink } from './event-sink';
import { KeyedWorkers } from './keyed-workers';
import { type EndpointResponse, nextStep } from './endpoint-response';
import { type ProduceSummary } from './summary';

export const ingestAccess = {
  INGEST_URL: z.url().default('http://127.0.0.1:8080').describe('URL of ingest, for the CLI'),
};

export interface EndpointAccess {
  url: URL;
  /** Value of the Authorization header. */
  authorization: string | undefined;
  /** Signs each request, as RevenueCat does. */
  signingSecret: string | undefined;
}

export interface EndpointOptions {
  /** Maximum number of requests in flight. */
  concurrency: number;
  /** Maximum number of attempts of one event. */
  attempts: number;
}

const timeoutMs = 30_000;
const maxResponseBytes = 64 * 1024;

/** Posts events to a webhook endpoint as RevenueCat does: each event alone, and again if the endpoint is unavailable. */
export class EndpointSink implements EventSink {
  private readonly pool: Pool;
  private readonly workers: KeyedWorkers<EventToSend>;

  constructor(
    private readonly access: EndpointAccess,
    private readonly options: EndpointOptions,
    private readonly summary: ProduceSummary,
    private readonly wait: (ms: number) => Promise<unknown> = (ms) => delay(ms),
  ) {
    this.pool = new Pool(access.url.origin, {
      connections: options.concurrency,
      maxResponseSize: maxResponseBytes,
    });
    this.workers = new KeyedWorkers(options.concurrency, (event) => this.send(event.body));
  }

  /** Throws {@link CannotRunError} if the endpoint cannot be reached. */
  async checkReachable(): Promise<void> {
    const { origin } = this.access.url;
    try {
      const { body } = await this.pool.request({
        method: 'HEAD',
        path: '/',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await body.dump();
    } catch (error) {
      throw new CannotRunError(
        `The endpoint is not reachable at ${origin} (${codeOf(error)}). Check that ingest runs, and check INGEST_URL.`,
        { cause: error },
      );
    }
  }

  write(event: EventToSend): Promise<void> {
    return this.workers.add(orderKeyOf(event), event);
  }

  async end(): Promise<void> {
    try {
      await this.workers.end();
    } finally {
      await this.pool.destroy();
    }
  }

  private async send(body: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const step = nextStep(await this.post(body), attempt, this.options.attempts, Date.now());
      switch (step.kind) {
        case 'accepted':
          this.summary.accept();
          return;
        case 'rejected':
          this.summary.reject(step.reason, step.detail);
          return;
        case 'resend':
          await this.wait(step.waitMs);
          this.summary.resend();
      }
    }
  }

  private async post(body: string): Promise<EndpointResponse> {
    const { url, authorization, signingSecret } = this.access;
    try {
      const response = await this.pool.request({
        method: 'POST',
        path: url.pathname,
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
          ...(signingSecret !== undefined && {
            'x-revenuecat-webhook-signature': signatureOf(body, signingSecret, Date.now()),
          }),
        },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const { title, detail } = problemIn(await response.body.text());
      const retryAfter = response.headers['retry-after'];
      return {
        kind: 'response',
        status: response.statusCode,
        title,
        detail,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (error) {
      return { kind: 'failed', code: codeOf(error) };
    }
  }
}

/** https://www.revenuecat.com/docs/integrations/webhooks */
function signatureOf(body: string, secret: string, nowMs: number): string {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  return `t=${timestamp},v1=${digest}`;
}

const problem = z.object({ title: z.string().default(''), detail: z.string().default('') });

/** RFC 9457 */
function problemIn(text: string): z.output<typeof problem> {
  try {
    return problem.parse(JSON.parse(text));
  } catch {
    return { title: '', detail: '' };
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
