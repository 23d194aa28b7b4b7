import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseSignature, isSigned } from '../../../apps/ingest/src/signature';
import { EndpointSink } from './endpoint-sink';
import { ProduceSummary } from './summary';

interface Received {
  path: string | undefined;
  headers: IncomingMessage['headers'];
  id: string;
  body: string;
}

describe('EndpointSink', () => {
  let server: Server;
  let received: Received[];
  let waitsMs: number[];
  let summary: ProduceSummary;
  /** Statuses of the next responses; 200 when there is none. */
  let statuses: number[];

  beforeEach(async () => {
    [received, waitsMs, statuses, summary] = [[], [], [], new ProduceSummary()];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        if (request.method === 'HEAD') return response.writeHead(404).end();
        const { id } = (JSON.parse(body) as { event: { id: string } }).event;
        received.push({ path: request.url, headers: request.headers, id, body });
        return response
          .writeHead(statuses.shift() ?? 200, { 'retry-after': '5' })
          .end('{"title":"Unavailable"}');
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterEach(() => server.close());

  function sink(options: { concurrency?: number; signingSecret?: string } = {}): EndpointSink {
    const { concurrency = 4, signingSecret } = options;
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/v1/webhooks/revenuecat`);
    return new EndpointSink(
      { url, authorization: 'Bearer secret', signingSecret },
      { concurrency, attempts: 3 },
      summary,
      (ms) => Promise.resolve(waitsMs.push(ms)),
    );
  }

  const event = (customer: string, n: number) => ({
    body: JSON.stringify({
      api_version: '1.0',
      event: { id: `${customer}-${n}`, type: 'TEST', app_user_id: customer },
    }),
  });

  it('posts events with the credentials and the signature of RevenueCat', async () => {
    const signed = sink({ signingSecret: 'signing secret' });
    await signed.checkReachable();
    await signed.write(event('anna', 1));
    await signed.end();
    const [first] = received;
    if (first === undefined) throw new Error('nothing was received');
    const { path, headers, body } = first;
    expect(path).toBe('/v1/webhooks/revenuecat');
    expect(headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' });
    const signature = parseSignature(String(headers['x-revenuecat-webhook-signature']), 60_000, Date.now());
    if (signature.kind === 'invalid') throw new Error(signature.detail);
    expect(isSigned(Buffer.from(body), signature, ['signing secret'])).toBe(true);
    expect(summary.result(1_000, undefined)).toMatchObject({ accepted: 1, rejected: 0, resent: 0 });
  });

  it('sends an event again after 503, and keeps the events of its customer behind it', async () => {
    statuses = [503, 503];
    const own = sink();
    for (const n of [1, 2, 3]) await own.write(event('anna', n));
    await own.end();
    expect(received.map(({ id }) => id)).toEqual(['anna-1', 'anna-1', 'anna-1', 'anna-2', 'anna-3']);
    expect(waitsMs).toEqual([5_000, 5_000]);
    expect(summary.result(1_000, undefined)).toMatchObject({ accepted: 3, rejected: 0, resent: 2 });
  });

  it('counts rejected events by reason', async () => {
    statuses = [400, 400, 401];
    const own = sink({ concurrency: 1 });
    for (const n of [1, 2, 3, 4]) await own.write(event('anna', n));
    await own.end();
    expect(summary.result(1_000, undefined)).toMatchObject({
      accepted: 1,
      rejected: 3,
      rejections: [
        { reason: '400 Unavailable', count: 2 },
        { reason: '401 Unavailable', count: 1 },
      ],
    });
  });

  it('throws before the first event if the endpoint cannot be reached', async () => {
    const own = sink();
    server.close();
    await once(server, 'close');
    await expect(own.checkReachable()).rejects.toThrow('check INGEST_URL');
    await own.end();
  });
});
