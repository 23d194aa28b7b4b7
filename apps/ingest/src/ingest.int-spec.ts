import { createHmac } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { headerNames } from '@app/kafka';
import { createApp, readConfig } from '@app/platform';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { quietLogger, type ScratchTopics, scratchTopics } from '../../../libs/kafka/test/scratch-topics';
import { ingestApp } from './ingest.app';
import { ingestConfig } from './ingest.config';

const authorization = 'Bearer the value from the dashboard';
const envelope = (event: object): string => JSON.stringify({ api_version: '1.0', event });
const purchase = envelope({
  id: 'event-1',
  type: 'INITIAL_PURCHASE',
  app_user_id: 'anna',
  original_app_user_id: '$RCAnonymousID:1',
});

describe('the webhook door', () => {
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
    const app = await createApp(ingestApp, config, quietLogger);
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
    body: string,
    headers: Record<string, string> = {},
    path = '/v1/webhooks/revenuecat',
  ): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'application/json', ...headers },
    });

  it('answers 200 once the event is in Kafka, byte for byte, under its customer’s key', async () => {
    const url = await ready(await open());
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const text = `  ${purchase}\n`;
    const answer = await post(url, text, { traceparent });
    expect(answer.status).toBe(200);

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

  it('takes events for a project by its address', async () => {
    const url = await ready(await open());
    await post(
      url,
      envelope({ id: 'event-2', app_user_id: 'ben' }),
      {},
      '/v1/projects/acme/webhooks/revenuecat',
    );
    const record = await topics.find(
      topics.names.events,
      ({ headers }) => headers[headerNames.eventId] === 'event-2',
    );
    expect(record.key?.toString()).toBe('acme:ben');
    expect(record.headers[headerNames.projectId]).toBe('acme');
  });

  it('keeps nothing of a sender without the right credentials', async () => {
    const url = await ready(await open({ WEBHOOK_SIGNING_SECRETS: 'signing-secret' }));
    expect((await post(url, purchase, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post(url, purchase)).status).toBe(401);

    const timestamp = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', 'signing-secret').update(`${timestamp}.${purchase}`).digest('hex');
    const signed = await post(url, purchase, {
      'x-revenuecat-webhook-signature': `t=${timestamp},v1=${signature}`,
    });
    expect(signed.status).toBe(200);
    // The two that were refused would lie before the one that was taken.
    expect(await topics.read(topics.names.events, 3)).toHaveLength(3);
  });

  it.each([
    ['not JSON', '{"event": {"id": "x"', {}, 400, 'not_json', ''],
    ['no envelope', '[]', {}, 400, 'not_an_envelope', ''],
    ['no event', '{"api_version":"1.0"}', {}, 400, 'not_an_envelope', '/event'],
    ['no event id', '{"event":{"type":"RENEWAL"}}', {}, 400, 'no_event_id', '/event/id'],
    [
      'another content type',
      purchase,
      { 'content-type': 'text/plain' },
      415,
      'wrong_content_type',
      undefined,
    ],
    [
      'a content type that is none',
      purchase,
      { 'content-type': '@@@' },
      415,
      'wrong_content_type',
      undefined,
    ],
    ['too many bytes', ' '.repeat(1024 * 1024) + purchase, {}, 413, 'too_large', undefined],
  ])(
    'says what is wrong with a body that is %s, and keeps it',
    async (what, body, headers, status, reason, pointer) => {
      const url = await ready(await open());
      const answer = await post(url, body, { ...headers, traceparent: what });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      const problem = (await answer.json()) as { status: number; detail: string; pointer?: string };
      expect(problem.status).toBe(status);
      expect(problem.detail).not.toBe('');
      expect(problem.pointer).toBe(pointer);

      const kept = await topics.find(
        topics.names.eventsDeadLetter,
        ({ headers: kept }) => kept[headerNames.traceparent] === what,
      );
      expect(kept.value?.toString()).toBe(body);
      expect(kept.headers[headerNames.deadLetterReason]).toBe(reason);
      expect(kept.headers[headerNames.deadLetterStage]).toBe('ingest');
    },
  );

  it('shares produce requests among webhooks that arrive together', async () => {
    const url = await ready(await open());
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        post(url, envelope({ id: `many-${i}`, app_user_id: `user-${i}` })),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  describe('without Kafka', () => {
    /** Takes connections and says nothing. */
    let silent: Server;

    beforeAll(async () => {
      silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    });

    afterAll(() => {
      silent.close();
    });

    it.each(['nobody listens', 'nobody answers'])('answers 503 in good time where %s', async (why) => {
      const { port } = silent.address() as AddressInfo;
      const url = await open({ KAFKA_BROKERS: `127.0.0.1:${why === 'nobody listens' ? 1 : port}` });
      const begun = performance.now();
      const answer = await post(url, purchase);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(performance.now() - begun).toBeLessThan(5_000);
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    });
  });
});
