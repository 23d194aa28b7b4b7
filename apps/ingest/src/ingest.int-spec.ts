import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  RejectedWebhooksStore,
  SecretBox,
  type WebhookCredentials,
  WebhookCredentialsStore,
  withNewest,
  withoutPrevious,
} from '@app/integrations';
import { headerNames } from '@app/kafka';
import { connectRedis, createApp, type Problem, readConfig, type RedisClient } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { register } from 'prom-client';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { ingestApp } from './ingest.app';
import { ingestConfig } from './ingest.config';

/** Retries the expectation until it passes; throws its last error after the timeout. */
async function eventually(
  expectation: () => void | Promise<void>,
  { timeoutMs }: { timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}

const authorization = 'Bearer the value from the dashboard';
const envelope = (event: object): string => JSON.stringify({ api_version: '1.0', event });
const purchase = envelope({
  id: 'event-1',
  type: 'INITIAL_PURCHASE',
  app_user_id: 'anna',
  original_app_user_id: '$RCAnonymousID:1',
});

describe('the webhook endpoint', () => {
  let topics: ScratchTopics;
  const apps: NestFastifyApplication[] = [];

  beforeAll(async () => {
    topics = await scratchTopics();
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  afterAll(async () => {
    await topics.remove();
  });

  async function open(env: Record<string, string> = {}): Promise<string> {
    const config = readConfig(ingestConfig, {
      KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
      KAFKA_TOPIC_PREFIX: topics.prefix,
      WEBHOOK_AUTHORIZATION: authorization,
      ...env,
    });
    const app = await createApp(ingestApp, config, silentLogger);
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  }

  async function ready(url: string): Promise<string> {
    while (!(await fetch(`${url}/health/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
    return url;
  }

  const post = (
    url: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = '/v1/webhooks/revenuecat',
  ): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json', ...headers },
    });

  it("responds with 200 once the unchanged event is in Kafka under its customer's key", async () => {
    const url = await ready(await open());
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const text = `  ${purchase}\n`;
    const response = await post(url, text, { traceparent });
    expect(response.status).toBe(200);

    const [record] = await topics.read(topics.names.events, 1);
    expect(record?.value?.toString()).toBe(text);
    expect(record?.key?.toString()).toBe('default:$RCAnonymousID:1');
    expect(record?.headers).toMatchObject({
      [headerNames.eventId]: 'event-1',
      [headerNames.projectId]: 'default',
      [headerNames.source]: 'webhook',
      [headerNames.traceparent]: traceparent,
    });
    expect(Number(record?.headers[headerNames.receivedAtMs])).toBeGreaterThan(1.7e12);
  });

  it('rejects a sender without valid credentials, and keeps nothing', async () => {
    const url = await ready(await open({ WEBHOOK_SIGNING_SECRET: 'signing-secret' }));
    expect((await post(url, purchase, { authorization: 'Bearer wrong' })).status).toBe(401);
    const unsigned = await post(url, purchase);
    expect(unsigned.status).toBe(401);
    expect(unsigned.headers.get('connection')).toBe('close');

    const timestamp = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', 'signing-secret').update(`${timestamp}.${purchase}`).digest('hex');
    for (const name of ['X-RevenueCat-Webhook-Signature', 'X-RevenueCat-Signature']) {
      expect((await post(url, purchase, { [name]: `t=${timestamp},v1=${signature}` })).status).toBe(200);
    }
    // Rejected events would precede the accepted ones.
    expect(await topics.read(topics.names.events, 3)).toHaveLength(3);
  });

  it.each(['/webhooks/revenuecat', '/v1/revenuecat', '/v1/projects/shop', '/'])(
    'responds at %s with the correct URL, and counts the webhook',
    async (path) => {
      const url = await ready(await open());
      const countOf = async (): Promise<number> =>
        Number(/^rcstatsig_ingest_requests_total\{project="unknown",outcome="wrong_url"\} (\d+)/m.exec(await register.metrics())?.[1] ?? 0); // prettier-ignore
      const before = await countOf();
      const response = await post(url, purchase, {}, `${path}?token=secret`);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const text = await response.text();
      expect(text).toContain('/v1/projects/<project id>/webhooks/revenuecat');
      expect(text).not.toContain('secret');
      expect((await fetch(url + path)).status).toBe(404);
      expect(await countOf()).toBe(before + 1);
    },
  );

  it('responds with 405 to another method at the URL of webhooks', async () => {
    const url = await ready(await open());
    for (const path of ['/v1/webhooks/revenuecat', '/v1/projects/shop/webhooks/revenuecat/?x=1']) {
      const response = await fetch(url + path);
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      expect(await response.json()).toMatchObject({ title: 'Method Not Allowed' });
    }
  });

  it('rejects a project in the query that is truncated within a surrogate pair', async () => {
    const url = await ready(await open());
    const response = await post(
      url,
      purchase,
      {},
      `/v1/webhooks/revenuecat?project=${'a'.repeat(63)}%F0%9F%98%80`,
    );
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.text()).toContain('belongs in the path');
  });

  it('rejects another project in the header "project-id" of the default URL', async () => {
    const url = await ready(await open());
    const response = await post(url, purchase, { [headerNames.projectId]: 'shop' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('/v1/projects/shop/webhooks/revenuecat');
    expect((await post(url, purchase, { [headerNames.projectId]: 'default' })).status).toBe(200);
  });

  const countOf = async (series: string): Promise<number> => {
    const line = (await register.metrics()).split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.split(' ')[1] ?? 0);
  };

  it.each([
    ['malformed', 'POST / HTTP/9\r\n\r\n'],
    ['headers_too_large', `POST / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('counts a request that Node rejects as %s', async (cause, bytes) => {
    const { port } = new URL(await ready(await open()));
    const series = `rcstatsig_ingest_connection_problems_total{cause="${cause}"}`;
    const before = await countOf(series);
    const socket = connect(Number(port), '127.0.0.1').resume();
    socket.end(bytes);
    await once(socket, 'close');
    expect(await countOf(series)).toBe(before + 1);
  });

  it('counts and reports webhooks that are rejected while the process is too busy', async () => {
    const url = await ready(await open());
    const series = 'rcstatsig_ingest_requests_total{project="default",outcome="overloaded"}';
    const before = await countOf(series);
    const stopped = new AbortController();
    const busy = (async () => {
      while (!stopped.signal.aborted) {
        const untilMs = performance.now() + 1_500;
        while (performance.now() < untilMs);
        await new Promise(setImmediate);
      }
    })();
    const statuses: number[] = [];
    while (!statuses.includes(503) && statuses.length < 20) statuses.push((await post(url, purchase)).status);
    stopped.abort();
    await busy;
    expect(statuses).toContain(503);
    expect(await countOf(series)).toBeGreaterThan(before);
  }, 60_000);

  it('counts requests beyond those that one connection may send', async () => {
    const { port, host } = new URL(await ready(await open()));
    const series = 'rcstatsig_ingest_connection_problems_total{cause="request_limit"}';
    const before = await countOf(series);
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    socket.on('data', (bytes) => (received += bytes.toString()));
    socket.write(`GET /health/live HTTP/1.1\r\nhost: ${host}\r\n\r\n`.repeat(1_001));
    await eventually(
      async () => {
        expect(received.match(/HTTP\/1.1 \d+/g)).toHaveLength(1_001);
        expect(await countOf(series)).toBe(before + 1);
      },
      { timeoutMs: 10_000 },
    );
    expect(received).toContain('HTTP/1.1 503');
    socket.destroy();
  });

  it('counts connections that are closed because there are too many', async () => {
    const url = await ready(await open({ WEBHOOK_MAX_CONNECTIONS: '1' }));
    const series = 'rcstatsig_ingest_connection_problems_total{cause="connection_limit"}';
    const before = await countOf(series);
    const sockets = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
        await once(socket, 'connect');
        return socket;
      }),
    );
    await eventually(
      async () => {
        expect(await countOf(series)).toBeGreaterThanOrEqual(before + 2);
      },
      { timeoutMs: 5_000 },
    );
    for (const socket of sockets) socket.destroy();
  });

  it.each(['%E0%A4%A', 'x'.repeat(200)])(
    'responds with the correct URL if the project is %s',
    async (project) => {
      const url = await ready(await open());
      const before = await countOf('rcstatsig_ingest_requests_total{project="unknown",outcome="wrong_url"}');
      const response = await post(url, purchase, {}, `/v1/projects/${project}/webhooks/revenuecat`);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.text()).toContain('/v1/projects/<project id>/webhooks/revenuecat');
      expect(await countOf('rcstatsig_ingest_requests_total{project="unknown",outcome="wrong_url"}')).toBe(
        before + 1,
      );
    },
  );

  it('accepts signatures made with the current or the previous signing secret only', async () => {
    const url = await ready(
      await open({
        WEBHOOK_AUTHORIZATION: '',
        WEBHOOK_SIGNING_SECRET: 'new-secret',
        WEBHOOK_PREVIOUS_SIGNING_SECRET: 'old-secret',
      }),
    );
    const timestamp = Math.floor(Date.now() / 1_000);
    const signedWith = async (secret: string): Promise<number> => {
      const signature = createHmac('sha256', secret).update(`${timestamp}.${purchase}`).digest('hex');
      return (await post(url, purchase, { 'x-revenuecat-signature': `t=${timestamp},v1=${signature}` }))
        .status;
    };
    expect(await signedWith('new-secret')).toBe(200);
    expect(await signedWith('old-secret')).toBe(200);
    expect(await signedWith('old-secret,new-secret')).toBe(401);
  });

  it.each([
    ['a trailing slash', '/v1/webhooks/revenuecat/', {}, purchase],
    ['a repeated slash', '//v1/webhooks/revenuecat', {}, purchase],
    ['gzip', undefined, { 'content-encoding': 'gzip' }, gzipSync(purchase)],
    ['an empty content type', undefined, { 'content-type': '' }, purchase],
    ['another JSON content type', undefined, { 'content-type': 'application/cloudevents+json' }, purchase],
  ])('accepts %s', async (_what, path, headers, body) => {
    const url = await ready(await open());
    const traceparent = randomUUID();
    expect((await post(url, body, { ...headers, traceparent }, path)).status).toBe(200);
    const record = await topics.find(
      topics.names.events,
      (one) => one.headers[headerNames.traceparent] === traceparent,
    );
    expect(record.value?.toString()).toBe(purchase);
  });

  it.each([
    ['a body that is not JSON', '{"event": {"id": "x"', {}, 400, 'not_json', ''],
    ['a body that is not an envelope', '[]', {}, 400, 'not_an_envelope', ''],
    ['an envelope without an event', '{"api_version":"1.0"}', {}, 400, 'not_an_envelope', '/event'],
    ['an event without an id', '{"event":{"type":"RENEWAL"}}', {}, 400, 'no_event_id', '/event/id'],
    [
      'another content type',
      purchase,
      { 'content-type': 'text/plain' },
      415,
      'wrong_content_type',
      undefined,
    ],
    ['an invalid content type', purchase, { 'content-type': '@@@' }, 415, 'wrong_content_type', undefined],
    [
      'a body that is not compressed as declared',
      purchase,
      { 'content-encoding': 'gzip' },
      400,
      'wrong_encoding',
      undefined,
    ],
    ['an unknown encoding', purchase, { 'content-encoding': 'zip' }, 415, 'wrong_encoding', undefined],
  ])(
    'explains why it rejects %s, and keeps the body',
    async (what, body, headers, status, reason, pointer) => {
      const url = await ready(await open());
      const response = await post(url, body, { ...headers, traceparent: what });
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const problem = (await response.json()) as Problem;
      expect(problem.status).toBe(status);
      expect(problem.detail).not.toBe('');
      expect(problem.errors?.[0]?.pointer).toBe(pointer);

      const kept = await topics.find(
        topics.names.eventsDeadLetter,
        ({ headers: kept }) => kept[headerNames.traceparent] === what,
      );
      expect(kept.value?.toString()).toBe(body);
      // A body that is still an event keeps its order among the events of its customer.
      expect(kept.key?.toString()).toBe(body === purchase ? 'default:$RCAnonymousID:1' : undefined);
      expect(kept.headers[headerNames.deadLetterReason]).toBe(reason);
      expect(kept.headers[headerNames.deadLetterStage]).toBe('ingest');
    },
  );

  it.each([
    ['', ' '.repeat(1024 * 1024) + purchase],
    [' after decompression', gzipSync(Buffer.alloc(50_000_000))],
  ])('rejects a body that is too large%s, and keeps the first part', async (when, body) => {
    const url = await ready(await open());
    const traceparent = randomUUID();
    const encoding = when === '' ? 'identity' : 'gzip';
    expect((await post(url, body, { 'content-encoding': encoding, traceparent })).status).toBe(413);
    const kept = await topics.find(
      topics.names.eventsDeadLetter,
      ({ headers }) => headers[headerNames.traceparent] === traceparent,
    );
    expect(kept.headers[headerNames.deadLetterReason]).toBe('too_large');
    expect(kept.value?.length).toBeLessThanOrEqual(1024 * 1024);
  });

  it('shares produce requests among webhooks that arrive together', async () => {
    const url = await ready(await open());
    const responses = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        post(url, envelope({ id: `many-${i}`, app_user_id: `user-${i}` })),
      ),
    );
    expect(responses.every(({ status }) => status === 200)).toBe(true);
  });

  describe('without Kafka', () => {
    /** Accepts connections and never responds. */
    let silent: Server;

    beforeAll(async () => {
      silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    });

    afterAll(() => {
      silent.close();
    });

    it.each(['refuses connections', 'does not respond'])(
      'responds with 503 instead of waiting, if it %s',
      async (how) => {
        const { port } = silent.address() as AddressInfo;
        const url = await open({ KAFKA_BROKERS: `127.0.0.1:${how === 'refuses connections' ? 1 : port}` });
        const response = await post(url, purchase);
        expect(response.status).toBe(503);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect((await fetch(`${url}/health/live`)).status).toBe(200);
        expect((await fetch(`${url}/health/ready`)).status).toBe(503);
      },
    );
  });

  describe('of several projects', () => {
    const key = randomBytes(32);
    const [a, b] = [`a-${randomUUID().slice(0, 8)}`, `b-${randomUUID().slice(0, 8)}`];
    const pathOf = (project: string): string => `/v1/projects/${project}/webhooks/revenuecat`;
    const withValue = (value: string) => (): WebhookCredentials => ({
      authorizations: [value],
      signingSecrets: [],
    });
    let redis: RedisClient;
    let credentials: WebhookCredentialsStore;

    beforeAll(async () => {
      redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
      credentials = new WebhookCredentialsStore(redis, new SecretBox([key]));
      await credentials.change(a, withValue('Bearer of a'));
      await credentials.change(b, withValue('Bearer of b'));
    });

    afterAll(async () => {
      await Promise.all([a, b].map((project) => credentials.remove(project)));
      redis.disconnect();
    });

    const openWithRedis = (env: Record<string, string> = {}): Promise<string> =>
      open({
        REDIS_URL: process.env['REDIS_URL'] ?? '',
        SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
        ...env,
      });

    const statusOf = async (url: string, project: string, authorization: string): Promise<number> =>
      (await post(url, purchase, { authorization }, pathOf(project))).status;

    const within2s = (url: string, project: string, value: string, status: number): Promise<void> =>
      eventually(
        async () => {
          expect(await statusOf(url, project, value)).toBe(status);
        },
        { timeoutMs: 2_000 },
      );

    it("accepts each project's credential on its own URL only", async () => {
      const url = await ready(await openWithRedis());
      await within2s(url, a, 'Bearer of a', 200);
      expect(await statusOf(url, b, 'Bearer of b')).toBe(200);
      expect(await statusOf(url, b, 'Bearer of a')).toBe(401);
      expect(await statusOf(url, a, authorization)).toBe(401);
      expect(await statusOf(url, 'default', 'Bearer of a')).toBe(401);
      const record = await topics.find(
        topics.names.events,
        ({ headers }) => headers[headerNames.projectId] === a,
      );
      expect(record.key?.toString()).toBe(`${a}:$RCAnonymousID:1`);
    });

    it('rejects a project that is unknown or in the query, and responds with the correct URL', async () => {
      const url = await ready(await openWithRedis());
      await within2s(url, a, 'Bearer of a', 200);
      const unknown = await post(url, purchase, { authorization: 'Bearer of a' }, pathOf('unknown'));
      expect(unknown.status).toBe(404);
      expect(await unknown.text()).toContain(pathOf(a));
      const queried = await post(url, purchase, {}, `/v1/webhooks/revenuecat?project=${a}`);
      expect(queried.status).toBe(400);
      expect(await queried.text()).toContain(pathOf(a));
    });

    it('applies a rotation within two seconds, without rejecting a webhook', async () => {
      const url = await ready(await openWithRedis());
      await within2s(url, a, 'Bearer of a', 200);
      await credentials.change(a, (current) =>
        withNewest(current ?? withValue('')(), 'authorizations', 'Bearer new'),
      );
      await within2s(url, a, 'Bearer new', 200);
      expect(await statusOf(url, a, 'Bearer of a')).toBe(200);
      await credentials.change(a, (current) => withoutPrevious(current ?? withValue('')(), 'authorizations'));
      await within2s(url, a, 'Bearer of a', 401);
      expect(await statusOf(url, a, 'Bearer new')).toBe(200);
      await credentials.change(a, withValue('Bearer of a'));
    });

    it("accepts the default project's webhooks with the environment's credentials if Redis is unavailable", async () => {
      const url = await ready(await openWithRedis({ REDIS_URL: 'redis://127.0.0.1:1' }));
      expect((await post(url, purchase)).status).toBe(200);
      // The project may have credentials that have not been read yet.
      expect(await statusOf(url, a, 'Bearer of a')).toBe(503);
    });

    it('reports in a metric which projects have credentials', async () => {
      const removed = `removed-${randomUUID().slice(0, 8)}`;
      await credentials.change(removed, withValue('Bearer of removed'));
      const url = await ready(await openWithRedis());
      await within2s(url, removed, 'Bearer of removed', 200);
      const series = `rcstatsig_ingest_endpoint{project="${removed}"} 1`;
      expect(await register.metrics()).toContain(series);
      await credentials.remove(removed);
      await within2s(url, removed, 'Bearer of removed', 404);
      expect(await register.metrics()).not.toContain(series);
    });

    it('reports rejections in metrics and to the console, without the value', async () => {
      const url = await ready(await openWithRedis());
      await within2s(url, a, 'Bearer of a', 200);
      expect(await statusOf(url, b, 'Bearer of a')).toBe(401);
      // The port for webhooks does not serve metrics.
      expect((await fetch(`${url}/metrics`)).status).toBe(404);
      const metrics = await register.metrics();
      // The tests of this file share a process.
      expect(metrics).toMatch(
        new RegExp(`rcstatsig_ingest_requests_total{project="${b}",outcome="unauthorized"} [1-9]`),
      );
      await eventually(
        async () => {
          const rejected = await new RejectedWebhooksStore(redis).list(Date.now());
          expect(rejected).toContainEqual(
            expect.objectContaining({
              projectId: b,
              outcome: 'unauthorized',
              detail: expect.stringContaining(`belongs to project "${a}"`) as unknown,
            }),
          );
          expect(JSON.stringify(rejected)).not.toContain('Bearer of a');
        },
        { timeoutMs: 10_000 },
      );
    });
  });
});
