import { createServer } from 'node:net';
import { once } from 'node:events';
import { webhookRejections } from '@app/delivery';
import {
  type WebhookCredentials,
  RejectedWebhooksStore,
  SecretBox,
  WebhookCredentialsStore,
} from '@app/integrations';
import { connectRedis, type Problem, type RedisClient } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { RunningConsole } from '../../test/running-console';
import { type Overview } from '../../api/overview';
import { type AddedIntegration, type IntegrationView, type ResealResult } from '../../api/integrations';
import { type NewAuthorizationView, type WebhookView } from '../../api/webhooks';

const serverSecret = 'secret-0123456789abcdef';
const keys = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const;
/** A separate database, because all integrations of a database are listed. */
const redisUrl = new URL('/9', process.env['REDIS_URL']).toString();
const environmentValue = 'Bearer of-the-environment';

describe('webhook credentials in the console', () => {
  let topics: ScratchTopics;
  let redis: RedisClient;
  let store: WebhookCredentialsStore;
  const running: RunningConsole[] = [];

  beforeAll(async () => {
    topics = await scratchTopics();
    redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
    store = new WebhookCredentialsStore(redis, new SecretBox([keys[0]]));
  });

  beforeEach(async () => {
    await redis.flushdb();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  afterAll(async () => {
    redis.disconnect();
    await topics.remove();
  });

  async function open(env: Record<string, string> = {}): Promise<RunningConsole> {
    const one = await RunningConsole.start(topics.prefix, {
      REDIS_URL: redisUrl,
      SETTINGS_ENCRYPTION_KEY: keys[0].toString('base64'),
      INGEST_PUBLIC_URL: 'https://hooks.example/in/',
      ...env,
    });
    running.push(one);
    return one;
  }

  async function body<T>(response: Response | Promise<Response>, status = 200): Promise<T> {
    const { status: actual, ...received } = await Promise.resolve(response).then(async (one) => ({
      status: one.status,
      text: await one.text(),
    }));
    expect({ status: actual, ...(actual === status ? {} : received) }).toEqual({ status });
    return JSON.parse(received.text) as T;
  }

  const add = async (one: RunningConsole, projectId: string): Promise<AddedIntegration> =>
    body(one.do('integrations', { projectId, serverSecret }), 201);

  const stored = async (projectId: string): Promise<WebhookCredentials> => {
    const credentials = await store.get(projectId);
    if (credentials === undefined) throw new Error(`project "${projectId}" has no credentials`);
    return credentials;
  };

  it('are generated with an integration, returned once, and removed with it', async () => {
    const one = await open();
    const { authorization, webhook } = await add(one, 'shop');
    expect(authorization).toMatch(/^Bearer [\w-]{43}$/);
    expect(webhook).toEqual({
      url: 'https://hooks.example/in/v1/projects/shop/webhooks/revenuecat',
      origin: 'console',
      authorizations: 1,
      signingSecrets: 0,
      problem: null,
    });
    expect(await store.get('shop')).toEqual({ authorizations: [authorization], signingSecrets: [] });
    const later = await Promise.all(
      ['integrations', 'integrations/shop', 'setup', 'overview'].map(async (path) =>
        (await one.get(path)).text(),
      ),
    );
    for (const text of later) expect(text).not.toContain(authorization);

    expect((await one.remove('integrations/shop')).status).toBe(204);
    expect(await store.get('shop')).toBeUndefined();
  });

  it('of a project stay unchanged when its integration is added', async () => {
    const one = await open();
    await store.change('shop', () => ({ authorizations: ['Bearer already there'], signingSecrets: [] }));
    expect(await add(one, 'shop')).toMatchObject({ authorization: null, webhook: { authorizations: 1 } });
    expect((await stored('shop')).authorizations).toEqual(['Bearer already there']);
  });

  it('are replaced in two steps: the previous value stays valid until it is retired', async () => {
    const one = await open();
    const { authorization: first } = await add(one, 'shop');
    const second = await body<NewAuthorizationView>(one.do('integrations/shop/webhook/authorization'));
    expect(second.webhook.authorizations).toBe(2);
    expect((await stored('shop')).authorizations).toEqual([second.authorization, first]);

    // A third value would make the first invalid, which RevenueCat may still send.
    const third = await one.do('integrations/shop/webhook/authorization');
    expect(third.status).toBe(409);
    expect((await stored('shop')).authorizations).toEqual([second.authorization, first]);

    await body(one.remove('integrations/shop/webhook/authorization/newest'));
    expect((await stored('shop')).authorizations).toEqual([first]);

    const typed = 'typed in by an operator';
    const replaced = await body<NewAuthorizationView>(
      one.do('integrations/shop/webhook/authorization', { authorization: typed }),
    );
    expect(replaced.authorization).toBe(typed);
    const retired = await body<WebhookView>(one.remove('integrations/shop/webhook/authorization/previous'));
    expect(retired.authorizations).toBe(1);
    expect((await stored('shop')).authorizations).toEqual([typed]);
    expect((await one.remove('integrations/shop/webhook/authorization/previous')).status).toBe(409);
  });

  it('include signing secrets, which RevenueCat generates, and which can be removed again', async () => {
    const one = await open();
    await add(one, 'shop');
    const path = 'integrations/shop/webhook/signing-secret';
    await body(one.do(path, { signingSecret: 'whsec-1' }));
    expect(await body<WebhookView>(one.do(path, { signingSecret: 'whsec-2' }))).toMatchObject({
      authorizations: 1,
      signingSecrets: 2,
    });
    expect((await stored('shop')).signingSecrets).toEqual(['whsec-2', 'whsec-1']);
    await body(one.remove(`${path}/previous`));
    expect((await stored('shop')).signingSecrets).toEqual(['whsec-2']);
    expect(await body<WebhookView>(one.remove(path))).toMatchObject({ signingSecrets: 0 });

    await store.change('shop', () => ({ authorizations: [], signingSecrets: ['whsec-3'] }));
    const unprotected = await one.remove(path);
    expect([unprotected.status, await unprotected.text()]).toEqual([
      409,
      expect.stringContaining('anyone could send events'),
    ]);
  });

  it('from the environment are shown as such, and cannot be changed unless Redis has others', async () => {
    const one = await open({ WEBHOOK_AUTHORIZATION: environmentValue, WEBHOOK_SIGNING_SECRET: 'whsec-env' });
    expect(await add(one, 'default')).toMatchObject({
      authorization: null,
      webhook: { origin: 'environment', authorizations: 1, signingSecrets: 1 },
    });
    const rejected = await one.do('integrations/default/webhook/authorization');
    expect([rejected.status, await rejected.text()]).toEqual([
      409,
      expect.stringContaining('WEBHOOK_PREVIOUS_AUTHORIZATION'),
    ]);
    expect(await (await one.get('setup')).text()).not.toContain(environmentValue);

    await store.change('default', () => ({ authorizations: ['Bearer of the console'], signingSecrets: [] }));
    expect(
      await body<NewAuthorizationView>(one.do('integrations/default/webhook/authorization')),
    ).toMatchObject({ webhook: { origin: 'console', authorizations: 2, signingSecrets: 0 } });
  });

  it.each([
    ['an unknown project', 'integrations/unknown/webhook/authorization', {}, 404],
    [
      'a value that is not valid in a header',
      'integrations/shop/webhook/authorization',
      { authorization: 'two\nlines' },
      400,
    ],
    ['an empty signing secret', 'integrations/shop/webhook/signing-secret', { signingSecret: ' ' }, 400],
  ])('are rejected for %s', async (_what, path, input, status) => {
    const one = await open();
    await add(one, 'shop');
    expect((await one.do(path, input)).status).toBe(status);
  });

  it('are recorded in the audit log when they change, without their values', async () => {
    const one = await open();
    const projectId = `audited-${String(Date.now())}`;
    const { authorization } = await add(one, projectId);
    const path = `integrations/${projectId}/webhook`;
    const replaced = await body<NewAuthorizationView>(one.do(`${path}/authorization`));
    await one.remove(`${path}/authorization/previous`);
    await one.do(`${path}/signing-secret`, { signingSecret: 'whsec-of-the-audit' });
    await one.remove(`${path}/signing-secret`);
    const entries: string[] = [];
    await topics.find(topics.names.audit, ({ key, value }) => {
      if (key?.toString() === projectId) entries.push(value?.toString() ?? '');
      return entries.some((entry) => entry.includes('remove_webhook_signing'));
    });
    const actions = entries.map((entry) => (JSON.parse(entry) as { action: string }).action);
    expect([...new Set(actions)].toSorted()).toEqual([
      'add_integration',
      'create_webhook_credentials',
      'remove_webhook_signing',
      'replace_webhook_authorization',
      'replace_webhook_signing_secret',
      'retire_webhook_authorization',
    ]);
    for (const secret of [authorization ?? '', replaced.authorization, 'whsec-of-the-audit']) {
      expect(entries.join()).not.toContain(secret);
    }
  });

  describe('with another SETTINGS_ENCRYPTION_KEY', () => {
    const otherKey = { SETTINGS_ENCRYPTION_KEY: keys[1].toString('base64') };

    async function sealedWithFirstKey(settings: Record<string, unknown> = {}): Promise<void> {
      const first = await open();
      await body(first.do('integrations', { projectId: 'shop', serverSecret, ...settings }), 201);
    }

    it('are shown as unreadable with their integration, and can be entered again', async () => {
      await sealedWithFirstKey({ includeSandbox: true, privacy: { otherAttributes: 'drop' } });
      const one = await open(otherKey);
      const [view] = await body<IntegrationView[]>(one.get('integrations'));
      expect(view).toMatchObject({
        kind: 'unreadable',
        projectId: 'shop',
        settings: { includeSandbox: true, privacy: { otherAttributes: 'drop' } },
        health: {
          state: 'unreadable',
          detail: expect.stringContaining('encrypted with another key') as unknown,
        },
        webhook: {
          origin: 'console',
          problem: expect.stringContaining('encrypted with another key') as unknown,
        },
      });
      const overview = await body<Overview>(one.get('overview'));
      expect(overview.integrations).toMatchObject([{ projectId: 'shop', health: { state: 'unreadable' } }]);

      expect((await one.put('integrations/shop', { includeSandbox: true })).status).toBe(400);
      expect((await one.do('integrations/shop/pause')).status).toBe(409);
      const test = { projectId: 'shop', format: 'log_event', eventNames: 'received' };
      expect((await one.do('test-events', test)).status).toBe(409);

      const entered = { serverSecret, includeSandbox: true, privacy: { otherAttributes: 'drop' } };
      expect(await body(one.put('integrations/shop', entered))).toMatchObject({
        kind: 'ready',
        includeSandbox: true,
        privacy: { otherAttributes: 'drop' },
        partitions: 12,
      });
      const { webhook } = await body<NewAuthorizationView>(one.do('integrations/shop/webhook/authorization'));
      expect(webhook).toMatchObject({ authorizations: 1, problem: null });
    });

    it('leave an integration paused, and require each of its secrets', async () => {
      await sealedWithFirstKey({ lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_1234567890' } });
      await running[0]?.do('integrations/shop/pause');
      const one = await open(otherKey);
      expect((await one.do('integrations/shop/secret', { serverSecret })).status).toBe(409);
      const keyless = { serverSecret, lookup: { revenueCatProjectId: 'proj1' } };
      expect((await one.put('integrations/shop', keyless)).status).toBe(400);
      expect(await body(one.put('integrations/shop', { serverSecret, lookup: null }))).toMatchObject({
        enabled: false,
        lookup: null,
      });
    });

    it.each([
      ['replaced', (one: RunningConsole) => one.do('integrations/shop/secret', { serverSecret }), 200],
      [
        'added again',
        (one: RunningConsole) => one.do('integrations', { projectId: 'shop', serverSecret }),
        201,
      ],
    ])('allow the integration to be %s', async (_how, enter, status) => {
      await sealedWithFirstKey();
      const one = await open(otherKey);
      expect(await body(enter(one), status)).toMatchObject({ kind: 'ready' });
    });

    it('allow the integration to be removed', async () => {
      await sealedWithFirstKey();
      const one = await open(otherKey);
      expect((await one.remove('integrations/shop')).status).toBe(204);
      expect(await body(one.get('integrations'))).toEqual([]);
    });

    it('are encrypted with the first of several keys if they can be decrypted', async () => {
      await sealedWithFirstKey();
      const other = await open(otherKey);
      await add(other, 'of-second-key');
      const { authorizations } = await stored('shop');
      const both = await open({
        SETTINGS_ENCRYPTION_KEY: [keys[1], keys[0]].map((key) => key.toString('base64')).join(),
      });
      expect(await body(both.do('integrations/reseal'))).toEqual({
        integrations: 2,
        webhookCredentials: 2,
        notificationChannels: 0,
        failures: [],
      });
      const second = new WebhookCredentialsStore(redis, new SecretBox([keys[1]]));
      expect((await second.get('shop'))?.authorizations).toEqual(authorizations);
      expect(await body(other.get('integrations/shop'))).toMatchObject({ kind: 'ready' });

      const first = running[0] as RunningConsole;
      const failed = await body<ResealResult>(first.do('integrations/reseal'));
      expect(failed).toMatchObject({ integrations: 0, webhookCredentials: 0 });
      expect(failed.failures.map(({ projectId, what }) => `${projectId}: ${what}`)).toEqual([
        'of-second-key: integration',
        'shop: integration',
        'of-second-key: webhook credentials',
        'shop: webhook credentials',
      ]);
    });
  });

  it('that were rejected are on the overview, latest first', async () => {
    const one = await open();
    const rejected = new RejectedWebhooksStore(redis);
    const nowMs = Date.now();
    const detail = 'The values differ in upper and lower case.';
    await rejected.add({ projectId: 'shop', outcome: 'unauthorized', count: 2, lastAtMs: nowMs - 5, detail });
    await rejected.add({ projectId: 'shop', outcome: 'unauthorized', count: 1, lastAtMs: nowMs, detail });
    await rejected.add({
      projectId: 'unknown',
      outcome: 'of_another_version',
      count: 1,
      lastAtMs: nowMs - 9,
      detail,
    });
    const { rejectedWebhooks } = await body<Overview>(one.get('overview'));
    expect(rejectedWebhooks).toEqual([
      {
        ...{ projectId: 'shop', outcome: 'unauthorized', count: 3, lastAtMs: nowMs, detail },
        title: 'Wrong Authorization value',
        explanation: {
          meaning: webhookRejections.unauthorized.meaning,
          remedy: webhookRejections.unauthorized.remedy,
        },
      },
      {
        ...{ projectId: 'unknown', outcome: 'of_another_version', count: 1, lastAtMs: nowMs - 9, detail },
        title: 'of_another_version',
        explanation: null,
      },
    ]);
  });

  it('are unknown while Redis does not respond: the overview says so within three seconds, and no request hangs', async () => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    try {
      const one = await open({ REDIS_URL: `redis://127.0.0.1:${port}` });
      const startedMs = performance.now();
      const overview = await body<Overview>(one.get('overview'));
      expect(overview).toMatchObject({ integrations: null, rejectedWebhooks: null });
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      for (const path of ['integrations', 'integrations/shop']) {
        const { detail } = await body<Problem>(one.get(path), 503);
        expect(detail).toContain('Redis does not respond');
      }
      expect((await one.do('integrations', { projectId: 'shop', serverSecret })).status).toBe(503);
      await running.pop()?.stop();
    } finally {
      silent.close();
    }
  });
});
