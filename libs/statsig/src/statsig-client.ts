import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { errors, Pool } from 'undici';
import { type Answer } from './domain/answer';

const compress = promisify(gzip);

export interface StatsigClientOptions {
  /** Origin of Statsig's webhooks, such as https://api.statsig.com. */
  webhookUrl: string;
  webhookPath: string;
  /** Origin of Statsig's events API, such as https://events.statsigapi.net. */
  eventsUrl: string;
  /** Most requests in flight to each origin. */
  connections: number;
  connectTimeoutMs: number;
  /** From the request to the answer's headers. */
  headersTimeoutMs: number;
  /** Silence allowed within the answer's body. */
  bodyTimeoutMs: number;
}

const maxAnswerBytes = 64 * 1024;

/** Speaks to Statsig over kept-alive connections. Never throws for what the network or Statsig does: that is an {@link Answer}. */
export class StatsigClient {
  private readonly webhooks: Pool;
  private readonly events: Pool;

  constructor(private readonly options: StatsigClientOptions) {
    this.webhooks = this.pool(options.webhookUrl);
    this.events = this.pool(options.eventsUrl);
  }

  /** One RevenueCat envelope. */
  sendEnvelope(serverSecret: string, body: Buffer): Promise<Answer> {
    return this.post(this.webhooks, this.options.webhookPath, body, {
      'content-type': 'application/json',
      'statsig-api-key': serverSecret,
    });
  }

  /** Many events of the events API, each already JSON text. */
  async sendEvents(serverSecret: string, events: readonly Buffer[], nowMs: number): Promise<Answer> {
    const body = await compress(eventsBody(events), { level: constants.Z_BEST_SPEED });
    return this.post(this.events, '/v1/log_event', body, {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'statsig-api-key': serverSecret,
      // The sender's clock, by which Statsig corrects drift; not the events' time (https://docs.statsig.com/http-api).
      'statsig-client-time': String(nowMs),
      'statsig-event-count': String(events.length),
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.webhooks.destroy(), this.events.destroy()]);
  }

  private async post(
    pool: Pool,
    path: string,
    body: Buffer,
    headers: Record<string, string>,
  ): Promise<Answer> {
    try {
      const response = await pool.request({ method: 'POST', path, headers, body });
      const retryAfter = response.headers['retry-after'];
      return {
        kind: 'response',
        status: response.statusCode,
        ...(typeof retryAfter === 'string' && { retryAfter }),
        body: await response.body.text(),
      };
    } catch (error) {
      return noResponse(error);
    }
  }

  private pool(url: string): Pool {
    const { connections, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = this.options;
    return new Pool(new URL(url).origin, {
      connections,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      maxResponseSize: maxAnswerBytes,
    });
  }
}

const eventsHead = Buffer.from('{"events":[');
const comma = Buffer.from(',');
const eventsTail = Buffer.from('],"statsigMetadata":{"sdkType":"revenuecat-statsig"}}');

function eventsBody(events: readonly Buffer[]): Buffer {
  return Buffer.concat([
    eventsHead,
    ...events.flatMap((event, i) => (i === 0 ? [event] : [comma, event])),
    eventsTail,
  ]);
}

/** Faults that come before the first byte of a request leaves: Statsig cannot have it. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function noResponse(error: unknown): Answer {
  const code = codeOf(error);
  return {
    kind: 'no_response',
    code: code.replace(/^UND_ERR_/, '').toLowerCase(),
    message: `No answer from Statsig: ${error instanceof Error && error.message !== '' ? error.message : code}`,
    wasSent: !neverSent.has(code),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof errors.UndiciError) return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
