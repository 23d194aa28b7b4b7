import { type Problem } from '@app/platform';
import { FakeRevenueCat, type ScratchTopics, scratchTopics, until } from '@app/testing';
import { type AddedIntegration } from '../../api/integrations';
import { type WebhookCheck } from '../../api/revenuecat-webhooks';
import { RunningConsole } from '../../test/running-console';

const serverSecret = 'secret-0123456789abcdef';
const foreignUrl = 'https://hooks.zapier.example/secret-token';

describe("the webhooks of a project in RevenueCat's API", () => {
  let topics: ScratchTopics;
  let fake: FakeRevenueCat;
  let console: RunningConsole;
  let projects = 0;
  let project: string;
  let url: string;
  let authorization: string;

  beforeAll(async () => {
    topics = await scratchTopics();
    fake = await FakeRevenueCat.start();
    console = await RunningConsole.start(topics.prefix, {
      SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      REVENUECAT_API_URL: fake.url,
      INGEST_PUBLIC_URL: 'https://hooks.example/in',
    });
  });

  beforeEach(async () => {
    fake.fault = undefined;
    fake.permissions = ['read', 'read_write'];
    fake.webhooks.reset();
    fake.webhooks.add({ name: 'Zapier', url: foreignUrl });
    projects += 1;
    project = `webhooks-${process.pid}-${projects}`;
    url = `https://hooks.example/in/v1/projects/${project}/webhooks/revenuecat`;
    const lookup = { revenueCatProjectId: 'proj1', apiKey: 'sk_fake' };
    const added = await body<AddedIntegration>(
      console.do('integrations', { projectId: project, serverSecret, lookup }),
      201,
    );
    authorization = added.authorization ?? '';
  });

  afterEach(() => console.remove(`integrations/${project}`));

  afterAll(async () => {
    await console.stop();
    await fake.stop();
    await topics.remove();
  });

  async function body<T>(response: Promise<Response>, status = 200): Promise<T> {
    const received = await response;
    const json = (await received.json()) as T;
    expect({ status: received.status, json }).toEqual({ status, json });
    return json;
  }

  const path = (id = ''): string => `integrations/${project}/revenuecat-webhooks${id === '' ? '' : `/${id}`}`;
  const check = (): Promise<WebhookCheck> => body(console.get(path()));
  const ours = () => fake.webhooks.all.filter((webhook) => webhook.url === url);
  const change = (settings: object): Promise<unknown> =>
    body(console.put(`integrations/${project}`, { lookup: { revenueCatProjectId: 'proj1' }, ...settings }));

  it('are listed, ours is created with the Authorization value, and nothing is different then', async () => {
    const before = await check();
    expect(before).toMatchObject({
      state: 'read',
      webhooks: [{ name: 'Zapier', isOurs: false, url: 'https://hooks.zapier.example' }],
      findings: [{ kind: 'missing', fix: 'create' }],
    });
    const created = await body<WebhookCheck>(console.do(path()));
    expect(created).toMatchObject({
      webhooks: [{ isOurs: false }, { isOurs: true, url, environment: 'production', eventTypes: null }],
      findings: [],
    });
    const [webhook] = ours();
    expect(fake.webhooks.authorizations.get(webhook?.id ?? '')).toBe(authorization);
    expect(await check()).toEqual(created);
    for (const shown of [before, created]) {
      for (const secret of [authorization, 'sk_fake', 'secret-token']) {
        expect(JSON.stringify(shown)).not.toContain(secret);
      }
    }
    expect((await body<Problem>(console.do(path()), 409)).detail).toContain('update it instead');
  });

  it('differ after the integration or RevenueCat was changed, until ours is updated', async () => {
    await body(console.do(path()));
    const [{ id } = { id: '' }] = ours();
    await change({ includeSandbox: true });
    expect((await check()).findings).toMatchObject([
      { kind: 'environment', severity: 'problem', webhookId: id },
    ]);
    Object.assign(ours()[0] ?? {}, { event_types: ['renewal'], app_id: 'app1' });
    expect((await check()).findings.map(({ kind }) => kind)).toEqual(['environment', 'event_types', 'app']);

    const rotated = await body<{ authorization: string }>(
      console.do(`integrations/${project}/webhook/authorization`),
    );
    expect((await body<WebhookCheck>(console.do(path(id)))).findings).toEqual([]);
    expect(ours()).toMatchObject([{ id, environment: null, event_types: null, app_id: null }]);
    expect(fake.webhooks.authorizations.get(id)).toBe(rotated.authorization);
  });

  it('have the environment that is chosen, whatever the integration sends', async () => {
    const created = await body<WebhookCheck>(console.do(path(), { environment: 'both' }));
    expect(created.findings).toMatchObject([{ kind: 'environment', severity: 'notice' }]);
    const [{ id, environment } = { id: '', environment: '' }] = ours();
    expect(environment).toBeNull();
    await body(console.do(path(id), { environment: 'production' }));
    expect(ours()).toMatchObject([{ id, environment: 'production' }]);
    await body(console.do(path(id), { environment: 'sandbox' }), 400);
  });

  it('contain one of ours if two administrators create it at the same time', async () => {
    const responses = await Promise.all([console.do(path()), console.do(path())]);
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(ours()).toHaveLength(1);
  });

  it('contain no second one of ours after it was deleted, and the last one is never deleted', async () => {
    await body(console.do(path()));
    const { id } = fake.webhooks.add({ url, name: 'by hand' });
    expect((await check()).findings).toMatchObject([
      { kind: 'environment' },
      { kind: 'duplicate', webhookId: id },
    ]);
    expect((await body<WebhookCheck>(console.remove(path(id)))).findings).toEqual([]);
    const [only] = ours();
    expect((await body<Problem>(console.remove(path(only?.id)), 409)).detail).toContain('the only webhook');
    expect(ours()).toHaveLength(1);
  });

  it('are never changed if they send to another URL', async () => {
    const [foreign] = fake.webhooks.all;
    const before = structuredClone(foreign);
    for (const response of [console.do(path(foreign?.id)), console.remove(path(foreign?.id))]) {
      expect((await body<Problem>(response, 404)).detail).toContain('never changed here');
    }
    expect(fake.webhooks.all).toEqual([before]);
  });

  it('lead to the manual steps, with the name of the permission, if the key may not read or change them', async () => {
    fake.permissions = ['read'];
    expect((await check()).state).toBe('read');
    const { detail } = await body<Problem>(console.do(path()), 409);
    expect(detail).toMatch(/project_configuration:integrations:read_write.*dashboard of RevenueCat/);
    fake.permissions = [];
    expect(await check()).toMatchObject({
      state: 'forbidden',
      detail: expect.stringMatching(/project_configuration:integrations:read\b.*dashboard/) as unknown,
    });
    await change({ lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_wrong' } });
    expect((await check()).state).toBe('unauthorized');
    await change({ lookup: null });
    expect((await check()).state).toBe('no_key');
    expect((await body<Problem>(console.do(path()), 409)).detail).toContain('Use the API of RevenueCat');
  });

  it('are reported as unknown while RevenueCat is unavailable, and no change is claimed', async () => {
    fake.fault = (response) => response.writeHead(429).end('{"type":"rate_limit_error","backoff_ms":12000}');
    expect(await check()).toMatchObject({
      state: 'unavailable',
      detail: expect.stringContaining('in 12 s') as unknown,
      findings: [],
    });
    fake.fault = (response) => response.destroy();
    expect((await body<Problem>(console.do(path()), 503)).detail).toContain('check before you repeat it');
  });

  it('are not created for an endpoint that requires a signature', async () => {
    await body(console.do(`integrations/${project}/webhook/signing-secret`, { signingSecret: 'whsec_1' }));
    expect((await body<Problem>(console.do(path()), 409)).detail).toContain('requires a signature');
    expect(ours()).toEqual([]);
  });

  it('are not created with a URL that RevenueCat cannot reach', async () => {
    const local = await RunningConsole.start(topics.prefix, {
      SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      // An address of this machine that does not look like one.
      REVENUECAT_API_URL: fake.url.replace('127.0.0.1', '0.0.0.0'),
      INGEST_PUBLIC_URL: 'http://127.0.0.1:8080',
    });
    const { detail } = await body<Problem>(local.do(path()), 409).finally(() => local.stop());
    expect(detail).toContain('Set INGEST_PUBLIC_URL');
  });

  it('are changed only with a record in the audit log', async () => {
    await body(console.do(path()));
    await until(async () => {
      const { records } = await body<{ records: { action: string; target: string }[] }>(console.get('audit'));
      return records.some(
        ({ action, target }) => action === 'create_revenuecat_webhook' && target === project,
      );
    });
  });
});
