import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { StatsigClient } from './statsig-client';

type Reply = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

describe('the client of Statsig', () => {
  let server: Server;
  let reply: Reply;
  let client: StatsigClient;

  beforeEach(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        reply(request, response, Buffer.concat(chunks));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = clientOf((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });

  function clientOf(port: number): StatsigClient {
    const url = `http://127.0.0.1:${String(port)}`;
    return new StatsigClient({
      webhookUrl: url,
      webhookPath: '/v1/webhooks/revenuecat',
      eventsUrl: url,
      connections: 2,
      connectTimeoutMs: 500,
      headersTimeoutMs: 100,
      bodyTimeoutMs: 100,
    });
  }

  it('posts an envelope as it is, with the secret', async () => {
    let seen: unknown;
    reply = ({ url, headers }, response, body) => {
      seen = [url, headers['statsig-api-key'], body.toString()];
      response.writeHead(200).end('{"success":true}');
    };
    const answer = await client.sendEnvelope('secret', Buffer.from('{"event":{}}'));
    expect(seen).toEqual(['/v1/webhooks/revenuecat', 'secret', '{"event":{}}']);
    expect(answer).toEqual({ kind: 'response', status: 200, body: '{"success":true}' });
  });

  it('posts many events in one gzipped request, with the time of sending', async () => {
    let seen: { url?: string | undefined; time?: unknown; events?: unknown } = {};
    reply = ({ url, headers }, response, body) => {
      const { events } = JSON.parse(gunzipSync(body).toString()) as { events: unknown };
      seen = { url, time: headers['statsig-client-time'], events };
      response.writeHead(202, { 'retry-after': '7' }).end('{"success":true}');
    };
    const answer = await client.sendEvents('secret', [Buffer.from('{"a":1}'), Buffer.from('{"b":2}')], 1_234);
    expect(seen).toEqual({ url: '/v1/log_event', time: '1234', events: [{ a: 1 }, { b: 2 }] });
    expect(answer).toMatchObject({ status: 202, retryAfter: '7' });
  });

  it.each<[string, Reply]>([
    ['no answer comes', () => undefined],
    ['the connection is reset', (request) => request.socket.destroy()],
    [
      'the answer stops midway',
      (_request, response) => response.writeHead(200, { 'content-length': '99' }).write('{'),
    ],
  ])('tells that Statsig may have a request where %s', async (_what, behaviour) => {
    reply = behaviour;
    expect(await client.sendEnvelope('secret', Buffer.from('{}'))).toMatchObject({
      kind: 'no_response',
      wasSent: true,
    });
  });

  it('knows that Statsig has nothing where there was no connection', async () => {
    const nobody = clientOf(1);
    expect(await nobody.sendEnvelope('secret', Buffer.from('{}'))).toMatchObject({
      kind: 'no_response',
      code: 'econnrefused',
      wasSent: false,
    });
    await nobody.close();
  });
});
