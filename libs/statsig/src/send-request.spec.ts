import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Client, Pool } from 'undici';
import { type StatsigResponse } from './domain/response';
import { sendRequest } from './send-request';

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP server that replies when it has read the whole request. Returns its origin. */
async function serve(reply: Reply): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      reply(request, response);
    });
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

/** A TCP server. Returns its address without the protocol. */
async function serveTcp(onConnection: (socket: Socket) => void): Promise<string> {
  return `127.0.0.1:${await listen(createTcpServer(onConnection))}`;
}

function poolOf(origin: string, { connections = 1, connectTimeoutMs = 2_000 } = {}): Pool {
  const pool = new Pool(origin, { connections, allowH2: false, connect: { timeout: connectTimeoutMs } });
  closers.push(() => pool.destroy());
  return pool;
}

const request = { path: '/', headers: {}, body: Buffer.from('{}') };
/** Longer than any of these tests, unless the timeout is its subject. */
const longMs = 30_000;
const post = (origin: string, timeoutMs = longMs): Promise<StatsigResponse> =>
  sendRequest(poolOf(origin), request, timeoutMs);

describe('a request was never sent if', () => {
  it('the connection is refused', async () => {
    expect(await post('http://127.0.0.1:1')).toEqual({
      kind: 'no_response',
      code: 'econnrefused',
      message: 'The request was not sent to Statsig: connect ECONNREFUSED 127.0.0.1:1',
      mayHaveBeenSent: false,
    });
  });

  it('none of several addresses accepts a connection', async () => {
    expect(await post('http://localhost:1')).toMatchObject({
      code: 'econnrefused',
      message: expect.stringContaining('connect ECONNREFUSED') as unknown,
      mayHaveBeenSent: false,
    });
  });

  it('the host name is unknown', async () => {
    expect(await post('http://statsig.invalid')).toMatchObject({ mayHaveBeenSent: false });
  });

  it('the certificate is not trusted', async () => {
    let requests = 0;
    const port = await listen(createTlsServer(selfSignedCertificate(), () => (requests += 1)));
    expect(await post(`https://127.0.0.1:${port}`)).toMatchObject({
      code: 'depth_zero_self_signed_cert',
      mayHaveBeenSent: false,
    });
    expect(requests).toBe(0);
  });

  it('the server does not speak TLS', async () => {
    const origin = await serve((_request, response) => response.end());
    expect(await post(origin.replace('http:', 'https:'))).toMatchObject({ mayHaveBeenSent: false });
  });

  it('the connection is reset during the TLS handshake', async () => {
    const address = await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await post(`https://${address}`)).toMatchObject({ code: 'econnreset', mayHaveBeenSent: false });
  });

  it('connecting takes too long', async () => {
    const address = await serveTcp(() => undefined);
    const pool = poolOf(`https://${address}`, { connectTimeoutMs: 50 });
    expect(await sendRequest(pool, request, longMs)).toMatchObject({
      code: 'connect_timeout',
      mayHaveBeenSent: false,
    });
  });

  it('the deadline passes while it connects', async () => {
    const address = await serveTcp(() => undefined);
    expect(await post(`https://${address}`, 50)).toEqual({
      kind: 'no_response',
      code: 'timeout',
      message: 'The request was not sent to Statsig: the timeout of 50 ms has passed',
      mayHaveBeenSent: false,
    });
  });

  it('the deadline passes while it waits for a free connection, and it is not sent later either', async () => {
    const replies: ServerResponse[] = [];
    const origin = await serve((_request, response) => replies.push(response));
    const pool = poolOf(origin);
    const first = sendRequest(pool, request, longMs);
    expect(await sendRequest(pool, request, 50)).toMatchObject({ code: 'timeout', mayHaveBeenSent: false });
    while (replies.length === 0) await new Promise(setImmediate);
    replies[0]?.end('first');
    expect(await first).toMatchObject({ status: 200, body: 'first' });
    const third = sendRequest(pool, request, longMs);
    while (replies.length < 2) await new Promise(setImmediate);
    replies[1]?.end('third');
    expect(await third).toMatchObject({ status: 200, body: 'third' });
    expect(replies).toHaveLength(2);
  });

  it.each(['EMFILE', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'ECONNRESET', 'EPIPE', 'ANY_OTHER'])(
    'connecting fails, whatever the error: %s',
    async (code) => {
      const client = new Client('https://127.0.0.1', {
        connect: (_options, callback) => {
          callback(Object.assign(new Error('no connection'), { code }), null);
        },
      });
      closers.push(() => client.destroy());
      expect(await sendRequest(client, request, longMs)).toMatchObject({
        code: code.toLowerCase(),
        mayHaveBeenSent: false,
      });
    },
  );

  it('it is invalid', async () => {
    const pool = poolOf('http://127.0.0.1:1');
    const invalid = { ...request, headers: { 'statsig-api-key': 'two\nlines' } };
    expect(await sendRequest(pool, invalid, longMs)).toMatchObject({
      code: 'invalid_arg',
      mayHaveBeenSent: false,
    });
  });

  it('the pool is closed', async () => {
    const pool = poolOf('http://127.0.0.1:1');
    await pool.destroy();
    expect(await sendRequest(pool, request, longMs)).toMatchObject({
      code: 'destroyed',
      mayHaveBeenSent: false,
    });
  });
});

describe('a request may have been sent if', () => {
  it('the connection is reset after the request was read', async () => {
    const origin = await serve(({ socket }) => socket.resetAndDestroy());
    expect(await post(origin)).toEqual({
      kind: 'no_response',
      code: 'econnreset',
      message: 'No response from Statsig: read ECONNRESET',
      mayHaveBeenSent: true,
    });
  });

  it('the connection is closed after the request was read', async () => {
    const origin = await serve(({ socket }) => socket.end());
    expect(await post(origin)).toMatchObject({ code: 'socket', mayHaveBeenSent: true });
  });

  it('a connection that was used before is reset', async () => {
    let requests = 0;
    const origin = await serve(({ socket }, response) => {
      requests += 1;
      if (requests === 1) response.end();
      else socket.resetAndDestroy();
    });
    const pool = poolOf(origin);
    expect(await sendRequest(pool, request, longMs)).toMatchObject({ status: 200 });
    expect(await sendRequest(pool, request, longMs)).toMatchObject({ mayHaveBeenSent: true });
  });

  it('the response is not HTTP', async () => {
    const address = await serveTcp((socket) => socket.once('data', () => socket.write('220 smtp ready\r\n')));
    expect(await post(`http://${address}`)).toMatchObject({ kind: 'no_response', mayHaveBeenSent: true });
  });

  it('no response arrives before the deadline', async () => {
    const origin = await serve(() => undefined);
    expect(await post(origin, 50)).toEqual({
      kind: 'no_response',
      code: 'timeout',
      message: 'No response from Statsig: the timeout of 50 ms has passed',
      mayHaveBeenSent: true,
    });
  });

  it('the headers trickle until the deadline', async () => {
    const address = await serveTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-trickle: ');
      const timer = setInterval(() => socket.write('.'), 10);
      socket.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await post(`http://${address}`, 200)).toMatchObject({ code: 'timeout', mayHaveBeenSent: true });
  });
});

describe('a response', () => {
  it('has status, body, Retry-After and Location', async () => {
    const headers = { 'retry-after': '7', location: 'https://statsig.example/' };
    const origin = await serve((_request, response) => response.writeHead(429, headers).end('slow down'));
    expect(await post(origin)).toEqual({
      kind: 'response',
      status: 429,
      body: 'slow down',
      isBodyComplete: true,
      retryAfter: '7',
      location: 'https://statsig.example/',
    });
  });

  it('may follow an informational one', async () => {
    const origin = await serve((_request, response) => {
      response.writeEarlyHints({ link: '</>; rel=preload' }, () => response.end('done'));
    });
    expect(await post(origin)).toMatchObject({ status: 200, body: 'done' });
  });

  it('that redirects is not followed', async () => {
    const paths: unknown[] = [];
    const origin = await serve(({ url }, response) => {
      paths.push(url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await post(origin)).toMatchObject({ status: 307, location: '/elsewhere' });
    expect(paths).toEqual(['/']);
  });

  it.each([200, 400, 401, 429, 503])('keeps its status if the body is cut off: %d', async (status) => {
    const origin = await serve(({ socket }, response) => {
      response.writeHead(status, { 'content-length': 99, 'retry-after': '7' });
      response.write('{"suc', () => socket.destroy());
    });
    expect(await post(origin)).toEqual({
      kind: 'response',
      status,
      body: '{"suc',
      isBodyComplete: false,
      retryAfter: '7',
    });
  });

  it.each([
    ['of 1 MiB', 1_048_576, 'keep-alive'],
    ['of 1 MiB on a connection that closes', 1_048_576, 'close'],
    ['a little over the limit', 65_537, 'keep-alive'],
    ['a little over the limit on a connection that closes', 65_537, 'close'],
  ])('keeps its status if the body is too long: %s', async (_what, bytes, connection) => {
    const origin = await serve((_request, response) =>
      response.writeHead(401, { connection }).end('x'.repeat(bytes)),
    );
    expect(await post(origin)).toEqual({
      kind: 'response',
      status: 401,
      body: 'x'.repeat(65_536),
      isBodyComplete: false,
    });
  });

  it('is read whole up to 64 KiB', async () => {
    const body = 'x'.repeat(65_536);
    const origin = await serve((_request, response) => response.end(body));
    expect(await post(origin)).toMatchObject({ status: 200, body, isBodyComplete: true });
  });

  it('keeps its status if the body trickles until the deadline, and the connection is closed', async () => {
    let closed: Promise<unknown> | undefined;
    const origin = await serve(({ socket }, response) => {
      response.writeHead(200).write('{');
      const timer = setInterval(() => response.write(' '), 10);
      // Not once(): an ECONNRESET, which closes it as well, would reject it.
      closed = new Promise((resolve) => socket.once('close', resolve)).finally(() => {
        clearInterval(timer);
      });
    });
    expect(await post(origin, 1_000)).toMatchObject({
      kind: 'response',
      status: 200,
      body: expect.stringMatching(/^\{ *$/) as unknown,
      isBodyComplete: false,
    });
    await closed;
  });

  it.each(['too long', 'cut off'])('whose body is %s leaves the pool usable', async (fault) => {
    let requests = 0;
    const origin = await serve(({ socket }, response) => {
      requests += 1;
      if (requests > 1) response.end('well');
      else if (fault === 'too long') response.end('x'.repeat(1_048_576));
      else response.writeHead(200, { 'content-length': 99 }).write('{', () => socket.destroy());
    });
    const pool = poolOf(origin);
    expect(await sendRequest(pool, request, longMs)).toMatchObject({ isBodyComplete: false });
    expect(await sendRequest(pool, request, longMs)).toMatchObject({ status: 200, body: 'well' });
  });
});

/** A certificate for 127.0.0.1 that no client trusts, with its private key, both as PEM. Needs `openssl`. */
function selfSignedCertificate(): { key: string; cert: string } {
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout - -out -';
  const pem = execFileSync('openssl', request.split(' '), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { key: pem, cert: pem };
}
