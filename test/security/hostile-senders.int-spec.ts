import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { until } from '@tools/stack';
import { Pool } from 'undici';
import { isLongForm, mebibyte } from './form';
import {
  authorization,
  containerBytes,
  eventBody,
  IngestProcess,
  request,
  webhookPath,
} from './ingest-process';

jest.setTimeout(400_000);

/** Maximum delay of a request with credentials, in ms, without and with other load on ingest. Other tests share the machine. */
const maxDelayMs = isLongForm ? { idle: 100, busy: 2_000 } : { idle: 2_000, busy: 5_000 };
/** Maximum growth of the resident memory that senders without credentials may cause. */
const maxGrowthBytes = 32 * mebibyte;
const authorized = `authorization: ${authorization}`;
const wrong = 'authorization: Bearer guess';

describe('a public webhook endpoint', () => {
  let ingest: IngestProcess;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    ingest = await IngestProcess.start();
    // Until the process has reached the memory that it works with.
    await flood(isLongForm ? 50_000 : 6_000);
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    const last = randomUUID();
    await ingest.send(last);
    await ingest.inKafka(last);
    expect(ingest.crashed).toEqual([]);
    const log = await ingest.log();
    expect(log).not.toContain('"level":60');
    expect(log).not.toContain(authorization);
    await ingest.stop();
  });

  /** Sends requests with wrong credentials and bodies of 64 kB. Returns the statuses of the responses. */
  async function flood(count: number): Promise<Map<number, number>> {
    const pool = new Pool(ingest.url, { connections: 64 });
    const statuses = new Map<number, number>();
    const body = Buffer.alloc(64 * 1024, '{');
    const work = Array.from({ length: 64 }, async () => {
      while (count-- > 0) {
        const headers = { authorization: 'Bearer guess', 'content-type': 'application/json' };
        const response = await pool.request({ method: 'POST', path: webhookPath, headers, body });
        await response.body.dump();
        statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
      }
    });
    await Promise.all(work);
    await pool.destroy();
    return statuses;
  }

  /** Sends an event with credentials every 20 ms until the work is done. Returns the maximum time until acceptance. */
  async function longestWhile(work: Promise<unknown>): Promise<number> {
    const ended = work.then(() => 'ended');
    let longestMs = 0;
    do longestMs = Math.max(longestMs, await ingest.send());
    while ((await Promise.race([ended, delay(20)])) !== 'ended');
    return longestMs;
  }

  async function open(count: number, bytes: (n: number) => string): Promise<Socket[]> {
    const opened = await Promise.all(Array.from({ length: count }, () => ingest.connect()));
    sockets.push(...opened);
    for (const [n, socket] of opened.entries()) socket.write(bytes(n), 'latin1');
    return opened;
  }

  const growthSince = async (before: number): Promise<number> => (await ingest.memory()) - before;

  it('rejects a flood without credentials, keeps nothing of it, and accepts other webhooks meanwhile', async () => {
    const before = await ingest.memory();
    let statuses = new Map<number, number>();
    const flooded = flood(isLongForm ? 100_000 : 4_000).then((result) => {
      statuses = result;
    });
    expect(await longestWhile(flooded)).toBeLessThan(maxDelayMs.busy);
    expect([...statuses.keys()]).toEqual([401]);
    await until(
      async () => {
        expect(await growthSince(before)).toBeLessThan(maxGrowthBytes);
      },
      { timeoutMs: 10_000, intervalMs: 500 },
    );
  });

  it('is not delayed by 1,000 silent or slow connections without credentials, and closes them all', async () => {
    await ingest.send();
    const before = await ingest.memory();
    const slow = await open(1_000, (n) => {
      if (n % 4 === 0) return '';
      if (n % 4 === 1) return `POST ${webhookPath} HTTP/1.1\r\nhost:`;
      const body = n % 4 === 2 ? 'content-length: 60000000' : 'transfer-encoding: chunked';
      return request([wrong, body], n % 4 === 2 ? 'x'.repeat(2_000) : '3e8\r\n');
    });
    // Behind a thousand connections that are opened at once.
    expect(await ingest.send()).toBeLessThan(maxDelayMs.busy);
    for (let n = 0; n < 20; n++) expect(await ingest.send()).toBeLessThan(maxDelayMs.idle);
    expect(await growthSince(before)).toBeLessThan(maxGrowthBytes);
    // A body with credentials may be slow, but not endless: nothing more of this one is sent.
    const [stalled] = await open(1, () => request([authorized, 'content-length: 2000'], '{"event":'));
    // These continue with one byte per second.
    const trickling = slow.filter((_, n) => n % 4 === 2);
    const trickle = setInterval(() => {
      for (const socket of trickling) socket.write('x');
    }, 1_000);
    await until(
      () => {
        expect([...slow, stalled].filter((socket) => socket?.closed === false)).toHaveLength(0);
        return Promise.resolve();
      },
      { timeoutMs: 60_000, intervalMs: 200 },
    ).finally(() => {
      clearInterval(trickle);
    });
  });

  it('is not delayed by thousands of requests of senders that do not read responses, and buffers few of them', async () => {
    // More than fits into the buffers of the operating system.
    const rejected = request([wrong, 'content-length: 2'], '{}').repeat(20_000);
    const invalid = request([authorized, 'content-length: 2'], '{}').repeat(20);
    const unread = await open(24, (n) => (n < 4 ? rejected : invalid));
    for (const socket of unread) socket.pause();
    const longestMs = await longestWhile(delay(isLongForm ? 10_000 : 3_000));
    expect(longestMs).toBeLessThan(maxDelayMs.busy);
    expect(await ingest.memory()).toBeLessThan(containerBytes);
  });

  /** Sends a body as fast as possible until the connection is closed. Returns the start of the response. */
  async function uploadWithoutEnd(credentials: string): Promise<string> {
    const [socket] = await open(1, () => request([credentials, 'transfer-encoding: chunked']));
    let response = '';
    socket?.on('data', (bytes) => {
      response += bytes.toString('latin1');
    });
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    while (socket?.closed === false) {
      if (socket.write(chunk)) await delay(0);
      else await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
    }
    return response.slice(0, 12);
  }

  it('stops at the limit for an endless body and for one that decompresses to far more', async () => {
    const large = Buffer.alloc(256 * mebibyte);
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const bombs: [string, Buffer<ArrayBuffer>][] = [
      ['gzip', gzipSync(large)],
      ['deflate', deflateSync(large)],
      ['br', brotliCompressSync(large, quality)],
    ];
    const statusOf = async ([encoding, bomb]: (typeof bombs)[number]): Promise<string> => {
      const { status } = await ingest.post(bomb, { 'content-encoding': encoding });
      return `HTTP/1.1 ${String(status)}`;
    };
    const attempts = Array.from({ length: isLongForm ? 20 : 4 }, () => [
      uploadWithoutEnd(wrong),
      uploadWithoutEnd(authorized),
      ...bombs.map(statusOf),
    ]);
    const responses = Promise.all(attempts.flat());
    expect(await longestWhile(responses)).toBeLessThan(maxDelayMs.busy);
    expect(new Set(await responses)).toEqual(new Set(['HTTP/1.1 401', 'HTTP/1.1 413']));
    expect(await ingest.memory()).toBeLessThan(containerBytes);
  });

  it.each([
    ['arrays', '['.repeat(500_000)],
    ['closed arrays', '['.repeat(250_000) + ']'.repeat(250_000)],
    ['objects in the event', `{"event":{"id":"deep","x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}}`],
    ['a field with a million zeros', `{"event":{"id":"zeros","price":${'0'.repeat(900_000)}}}`],
    ['a million members', `{"event":{"id":"many",${'"a":1,'.repeat(150_000)}"b":1}}`],
    ['a body of quotes', '"'.repeat(1_000_000)],
    ['a body of backslashes', `{"event":{"id":"${'\\\\'.repeat(450_000)}"}}`],
  ])('responds in time to %s', async (_what, body) => {
    const begunMs = performance.now();
    expect([200, 400]).toContain((await ingest.post(body)).status);
    expect(performance.now() - begunMs).toBeLessThan(maxDelayMs.busy);
  });

  it.each<[string, string | Buffer]>([
    [
      'thousands of signature parts',
      request([authorized, `x-revenuecat-signature: ${'v1=0,'.repeat(3_500)}`]),
    ],
    [
      'thousands of headers',
      request([authorized, ...Array.from({ length: 5_000 }, (_, n) => `x-${String(n)}: 1`)]),
    ],
    ['an endless header', `POST ${webhookPath} HTTP/1.1\r\nx: ${'x'.repeat(1_000_000)}`],
    ['an endless URL', request([authorized], '', `/${'x'.repeat(100_000)}`)],
    ['NUL in a header', request([authorized, 'x-odd: a\0b'])],
    ['a bare line break in a header', request([authorized, 'x-odd: a\nb'])],
    ['odd bytes in the credentials', request(['authorization: Bearer \xff\xfe\x80', 'content-length: 0'])],
    ['two lengths', request([authorized, 'content-length: 2', 'content-length: 3'], '{}')],
    [
      'a length and chunks',
      request([authorized, 'content-length: 2', 'transfer-encoding: chunked'], '0\r\n\r\n'),
    ],
    ['a negative length', request([authorized, 'content-length: -1'])],
    ['a length beyond 2^53', request([authorized, 'content-length: 99999999999999999999'])],
    ['a malformed chunk', request([authorized, 'transfer-encoding: chunked'], 'zz\r\n')],
    ['an unknown transfer encoding', request([authorized, 'transfer-encoding: gzip'], 'x')],
    ['no host', `POST ${webhookPath} HTTP/1.1\r\n${authorized}\r\n\r\n`],
    ['an upgrade', request([wrong, 'connection: upgrade', 'upgrade: h2c', 'content-length: 0'])],
    ['an unknown method', `HACK ${webhookPath} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'],
    ['another protocol', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [
      'a path out of the endpoint',
      request([authorized], '', '/v1/projects/..%2f..%2fetc/webhooks/revenuecat'),
    ],
    [
      'a malformed escape in the path',
      request([authorized], '', '/v1/projects/%E0%A4%A/webhooks/revenuecat'),
    ],
  ])('rejects %s or closes the connection, and continues', async (_what, bytes) => {
    const response = await ingest.respondTo(bytes);
    expect(response).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect(response).not.toContain(authorization);
    await ingest.send();
  });

  it('shuts down in time with exit code 0 despite a stalled upload', async () => {
    const own = await IngestProcess.start();
    try {
      const socket = await own.connect();
      sockets.push(socket);
      socket.write(request([authorized, 'content-length: 2000'], '{"event":'));
      await own.send();
      const begunMs = performance.now();
      expect(await own.terminate()).toMatchObject({ code: 0, signal: null });
      expect(performance.now() - begunMs).toBeLessThan(10_000);
    } finally {
      await own.stop();
    }
  });

  it('accepts an event whose body arrives byte by byte', async () => {
    const body = eventBody(randomUUID());
    const socket = await ingest.connect();
    sockets.push(socket);
    const response = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => {
        resolve(chunk.toString('latin1'));
      });
    });
    socket.write(request([authorized, `content-length: ${String(body.length)}`]));
    for (const byte of body) {
      socket.write(byte);
      await delay(5);
    }
    expect(await response).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a webhook endpoint that authenticates senders by signature only', () => {
  const signingSecret = randomUUID();
  let ingest: IngestProcess;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    ingest = await IngestProcess.start({ WEBHOOK_AUTHORIZATION: '', WEBHOOK_SIGNING_SECRET: signingSecret });
    for (let n = 0; n < 500; n++) await sendSigned();
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  afterAll(async () => {
    expect(ingest.crashed).toEqual([]);
    await ingest.stop();
  });

  /** Sends a signed event. Throws unless the first attempt is accepted. */
  async function sendSigned(): Promise<void> {
    const body = eventBody(randomUUID());
    const timestamp = Math.floor(Date.now() / 1_000);
    const digest = createHmac('sha256', signingSecret)
      .update(`${String(timestamp)}.${body}`)
      .digest('hex');
    const response = await ingest.post(body, {
      'x-revenuecat-signature': `t=${String(timestamp)},v1=${digest}`,
    });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
  }

  /** Sends an incomplete body. Resolves when ingest has received it or closed the connection. */
  async function stall(headers: string[], body: string): Promise<void> {
    const socket = await ingest.connect();
    sockets.push(socket);
    socket.write(request(headers));
    const closed = once(socket, 'close').catch(() => undefined);
    const written = new Promise((resolve) => socket.write(body, 'latin1', resolve));
    await Promise.race([closed, written]);
  }

  it('uses little memory for bodies that arrive byte by byte', async () => {
    const before = await ingest.memory();
    const body = '1\r\nx\r\n'.repeat(mebibyte - 1);
    const connections = isLongForm ? 16 : 4;
    await Promise.all(Array.from({ length: connections }, () => stall(['transfer-encoding: chunked'], body)));
    await sendSigned();
    expect((await ingest.memory()) - before).toBeLessThan(maxGrowthBytes + connections * mebibyte);
  });

  it('uses little memory for small bodies that decompress to large ones', async () => {
    const body = gzipSync(Buffer.alloc(mebibyte));
    const signature = `t=${String(Math.floor(Date.now() / 1_000))},v1=${'0'.repeat(64)}`;
    const before = await ingest.memory();
    let largest = before;
    const statuses = new Set<number>();
    const senders = Array.from({ length: 400 }, async () => {
      for (let n = 0; n < (isLongForm ? 5 : 1); n++) {
        const headers = { 'content-encoding': 'gzip', 'x-revenuecat-signature': signature };
        const response = await ingest.post(body, headers);
        await response.arrayBuffer();
        statuses.add(response.status);
      }
    });
    const ended = Promise.all(senders).then(() => true);
    while (!(await Promise.race([ended, delay(50, false)])))
      largest = Math.max(largest, await ingest.memory());
    expect(statuses).toEqual(new Set([401]));
    // Decompressed bodies are not kept, but are garbage-collected later.
    expect(largest - before).toBeLessThan(4 * maxGrowthBytes);
  });

  it('accepts signed webhooks while stalled bodies exceed the memory budget', async () => {
    const body = 'x'.repeat(mebibyte - 1);
    for (let round = 0; round < (isLongForm ? 20 : 2); round++) {
      await Promise.all(
        Array.from({ length: 40 }, () => stall([`content-length: ${String(mebibyte)}`], body)),
      );
      for (let n = 0; n < 20; n++) await sendSigned();
    }
    expect(await ingest.memory()).toBeLessThan(containerBytes);
  });
});
