import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { StatsigClient } from './statsig-client';

type Reply = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

let server: Server;
let url: string;
let reply: Reply;
const clients: StatsigClient[] = [];

beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      reply(request, response, Buffer.concat(chunks));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  server.closeAllConnections();
  server.close();
});

function createClient(
  options: { webhookUrl?: string; webhookPath?: string; eventsUrl?: string; timeoutMs?: number } = {},
): StatsigClient {
  const client = new StatsigClient({
    webhookUrl: url,
    webhookPath: '/v1/webhooks/revenuecat',
    eventsUrl: url,
    connections: 1,
    connectTimeoutMs: 3_000,
    timeoutMs: 30_000,
    ...options,
  });
  clients.push(client);
  return client;
}

const envelope = Buffer.from('{"event":{}}');

describe('the Statsig client', () => {
  it('posts an envelope unchanged, with the server secret', async () => {
    let seen: unknown;
    reply = ({ method, url: path, headers }, response, body) => {
      seen = [method, path, headers['statsig-api-key'], headers['content-type'], body.toString()];
      response.end('{"success":true}');
    };
    expect(await createClient().sendEnvelope('secret-1', envelope)).toEqual({
      kind: 'response',
      status: 200,
      body: '{"success":true}',
      isBodyComplete: true,
    });
    expect(seen).toEqual(['POST', '/v1/webhooks/revenuecat', 'secret-1', 'application/json', '{"event":{}}']);
  });

  it('posts events in one gzipped request', async () => {
    let seen: unknown;
    reply = ({ url: path, headers }, response, body) => {
      const { events } = JSON.parse(gunzipSync(body).toString()) as { events: unknown };
      seen = [path, headers['statsig-api-key'], headers['statsig-event-count'], events];
      response.writeHead(202).end('{"success":true}');
    };
    const response = await createClient().sendEvents('secret-1', [
      Buffer.from('{"a":1}'),
      Buffer.from('{"b":2}'),
    ]);
    expect(response).toMatchObject({ status: 202 });
    expect(seen).toEqual(['/v1/log_event', 'secret-1', '2', [{ a: 1 }, { b: 2 }]]);
  });

  it.each(['revenuecat', 'log_event'] as const)(
    'describes the request that it sends in format %s, without the secret and the query',
    async (format) => {
      let seen: unknown;
      reply = ({ url: path, headers }, response, body) => {
        const isCompressed = headers['content-encoding'] === 'gzip';
        seen = [`${url}${path ?? ''}`, headers, (isCompressed ? gunzipSync(body) : body).toString()];
        response.end();
      };
      jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_000);
      const client = createClient({ webhookPath: '/hook?key=credential' });
      const { url: described, headers, body } = client.describeRequest(format, envelope, Date.now());
      if (format === 'revenuecat') await client.sendEnvelope('secret-1', envelope);
      else await client.sendEvents('secret-1', [envelope]);
      const query = format === 'revenuecat' ? '?key=credential' : '';
      expect(seen).toEqual([described + query, expect.objectContaining(headers), body.toString()]);
      expect(JSON.stringify([described, headers])).not.toMatch(/secret|credential/);
    },
  );

  it("sends the wall clock's time with events, also after the clock was set", async () => {
    const times: unknown[] = [];
    reply = ({ headers }, response) => {
      times.push(headers['statsig-client-time']);
      response.end();
    };
    const client = createClient();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_000);
    await client.sendEvents('secret-1', [Buffer.from('{}')]);
    clock.mockReturnValue(1_700_000_000_000);
    await client.sendEvents('secret-1', [Buffer.from('{}')]);
    expect(times).toEqual(['1800000000000', '1700000000000']);
  });

  it('ends a request at its timeout', async () => {
    reply = () => undefined;
    expect(await createClient({ timeoutMs: 50 }).sendEnvelope('secret-1', envelope)).toMatchObject({
      kind: 'no_response',
      code: 'timeout',
      mayHaveBeenSent: true,
    });
  });

  it('does not wait for the requests of another client', async () => {
    const [slow, fast] = [createClient(), createClient()];
    let arrived: () => void = () => undefined;
    const slowRequest = new Promise<void>((resolve) => (arrived = resolve));
    reply = ({ headers }, response) => {
      if (headers['statsig-api-key'] === 'secret-slow') arrived();
      else response.end('fast');
    };
    const pending = [1, 2, 3].map(() => slow.sendEnvelope('secret-slow', envelope));
    await slowRequest;
    expect(await fast.sendEnvelope('secret-fast', envelope)).toMatchObject({ body: 'fast' });
    await slow.close();
    // The first was with the server, the others had not been sent.
    expect(await Promise.all(pending)).toMatchObject([
      { mayHaveBeenSent: true },
      { mayHaveBeenSent: false },
      { mayHaveBeenSent: false },
    ]);
  });

  it('removes the server secret from a response that quotes it', async () => {
    reply = ({ headers }, response) => {
      const location = `https://statsig.example/?key=${String(headers['statsig-api-key'])}`;
      response.writeHead(302, { location }).end(JSON.stringify(headers));
    };
    const response = await createClient().sendEnvelope('secret-1', envelope);
    expect(response).toMatchObject({
      location: 'https://statsig.example/?key=[redacted]',
      body: expect.stringContaining('"statsig-api-key":"[redacted]"') as unknown,
    });
    expect(JSON.stringify(response)).not.toContain('secret-1');
  });

  it.each(['https://statsig.example/api', 'https://statsig.example/?a=b', 'not an address'])(
    'is not made for an address of which a part would be ignored: %s',
    (address) => {
      expect(() => createClient({ webhookUrl: address })).toThrow();
      expect(() => createClient({ eventsUrl: address })).toThrow();
    },
  );
});
