import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Pool } from 'undici';
import { type StatsigResponse } from './domain/response';
import { sendRequest } from './send-request';

const compress = promisify(gzip);

export interface StatsigClientOptions {
  /** Origin of Statsig's webhooks, such as https://api.statsig.com. */
  webhookUrl: string;
  webhookPath: string;
  /** Origin of Statsig's events API, such as https://events.statsigapi.net. */
  eventsUrl: string;
  /** Maximum number of requests in flight to each origin; more wait for a free connection. */
  connections: number;
  connectTimeoutMs: number;
  /** Timeout of a request in total: wait for a connection, connecting, headers and body. */
  timeoutMs: number;
}

/** Where requests are sent. */
export interface StatsigEndpoint {
  address: string;
  port: number;
  path: string;
}

/** One request as Statsig receives it, except for the server secret and the headers that every HTTP request has. */
export interface DescribedRequest {
  /** Without the query, which may contain a credential. */
  url: string;
  headers: Record<string, string>;
  /** Before compression. */
  body: Buffer;
}

const eventsPath = '/v1/log_event';

/**
 * Sends events to Statsig over persistent connections of its own. Each project has its own client, so that slow
 * responses to one project do not occupy the connections of another.
 *
 * Never throws for what the network or Statsig does: see {@link StatsigResponse}.
 */
export class StatsigClient {
  private readonly webhooks: Pool;
  private readonly events: Pool;

  /** Opens no connection. Throws if an URL is not an origin. */
  constructor(private readonly options: StatsigClientOptions) {
    this.webhooks = createPool(options.webhookUrl, options);
    this.events = createPool(options.eventsUrl, options);
  }

  /** Sends one RevenueCat envelope. */
  sendEnvelope(serverSecret: string, body: Buffer): Promise<StatsigResponse> {
    return this.post(this.webhooks, this.options.webhookPath, body, {
      ...envelopeHeaders,
      'statsig-api-key': serverSecret,
    });
  }

  /** Sends events to the events API in one request. Each event is JSON text. */
  async sendEvents(serverSecret: string, events: readonly Buffer[]): Promise<StatsigResponse> {
    const body = await compress(eventsBody(events), { level: constants.Z_BEST_SPEED });
    return this.post(this.events, eventsPath, body, {
      ...eventsHeaders(events.length, Date.now()),
      'statsig-api-key': serverSecret,
    });
  }

  /**
   * Returns the request that sends one delivery alone. Sends nothing.
   *
   * @param nowMs wall-clock time of the request
   */
  describeRequest(format: 'revenuecat' | 'log_event', body: Buffer, nowMs: number): DescribedRequest {
    const { origin, pathname } = this.urlOf(format);
    const url = origin + pathname;
    return format === 'revenuecat'
      ? { url, headers: envelopeHeaders, body }
      : { url, headers: eventsHeaders(1, nowMs), body: eventsBody([body]) };
  }

  /** Returns the endpoint of a format, for traces: without a query, which may contain a credential. */
  endpointOf(format: 'revenuecat' | 'log_event'): StatsigEndpoint {
    const { protocol, hostname, port, pathname } = this.urlOf(format);
    return {
      address: hostname,
      port: port === '' ? ({ 'https:': 443, 'http:': 80 }[protocol] ?? 0) : Number(port),
      path: pathname,
    };
  }

  /** Closes all connections. Requests in flight fail. */
  async close(): Promise<void> {
    await Promise.all([this.webhooks.destroy(), this.events.destroy()]);
  }

  private urlOf(format: 'revenuecat' | 'log_event'): URL {
    const { webhookUrl, webhookPath, eventsUrl } = this.options;
    return format === 'revenuecat' ? new URL(webhookPath, webhookUrl) : new URL(eventsPath, eventsUrl);
  }

  private async post(
    pool: Pool,
    path: string,
    body: Buffer,
    headers: Record<'statsig-api-key', string> & Record<string, string>,
  ): Promise<StatsigResponse> {
    const response = await sendRequest(pool, { path, headers, body }, this.options.timeoutMs);
    return redact(response, headers['statsig-api-key']);
  }
}

function createPool(
  url: string,
  { connections, connectTimeoutMs }: Pick<StatsigClientOptions, 'connections' | 'connectTimeoutMs'>,
): Pool {
  return new Pool(url, {
    connections,
    // HTTP/1.1 without pipelining: a connection carries one request at a time, so a failed connection fails one request.
    allowH2: false,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
    // The timeout of the request covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

const envelopeHeaders = { 'content-type': 'application/json' };

function eventsHeaders(count: number, nowMs: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    // The sender's wall clock at the time of the request, which Statsig compares with its own to correct the times of
    // the events (https://docs.statsig.com/http-api).
    'statsig-client-time': String(nowMs),
    'statsig-event-count': String(count),
  };
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

/** A proxy's error page may quote the request's headers, and responses are quoted in logs and receipts. */
function redact(response: StatsigResponse, secret: string): StatsigResponse {
  if (response.kind === 'no_response') return response;
  const { body, location } = response;
  return {
    ...response,
    body: body.replaceAll(secret, '[redacted]'),
    ...(location !== undefined && { location: location.replaceAll(secret, '[redacted]') }),
  };
}
