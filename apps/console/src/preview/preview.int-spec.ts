import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { observe, ProfileStore } from '@app/identity';
import { RecordProducer, withAdmin } from '@app/kafka';
import { connectRedis, type Problem, type RedisClient } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics, until } from '@app/testing';
import { type Preview } from '../../api/preview';
import { ApiDocument } from '../../test/api-document';
import { Records } from '../../test/records';
import { RunningConsole } from '../../test/running-console';
import { contentsOf } from '../../test/snapshot';

const project = `preview-${process.pid}`;
const serverSecret = 'secret-0123456789abcdef';
const salt = 'salt-0123456789abcdef';

const transfer = { type: 'TRANSFER', app_user_id: null, aliases: null, environment: 'PRODUCTION' };

describe('the preview of an event', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let redis: RedisClient;
  let statsig: Server;
  let requestsToStatsig = 0;
  let console: RunningConsole;

  beforeAll(async () => {
    statsig = createServer((_request, response) => {
      requestsToStatsig += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(statsig, 'listening');
    const statsigUrl = `http://127.0.0.1:${(statsig.address() as AddressInfo).port}`;
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
    console = await RunningConsole.start(topics.prefix, {
      SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      STATSIG_BASE_URL: statsigUrl,
      STATSIG_EVENTS_URL: statsigUrl,
    });
    const settings = { format: 'revenuecat', privacy: { attributes: { $email: 'hash' }, salt } };
    expect((await console.do('integrations', { projectId: project, serverSecret, ...settings })).status).toBe(
      201,
    );
    await learn('known', { $email: 'ann@example.com', $ip: '1.2.3.4', plan: 'gold' });
    await store('purchase', { app_user_id: 'known', environment: 'PRODUCTION', price: 9.99 });
    await store('sandbox', { app_user_id: 'known', environment: 'SANDBOX' });
    await store('test', { type: 'TEST', app_user_id: 'known', environment: 'PRODUCTION' });
    await store('moved', { ...transfer, transferred_from: ['known'], transferred_to: ['new'] });
    await store('lost', { ...transfer, transferred_from: ['guest'], transferred_to: ['new'] });
    await until(() => console.model.db.all('SELECT 1 FROM bodies').length === 5);
  });

  afterAll(async () => {
    await console.remove(`integrations/${project}`);
    await console.stop();
    redis.disconnect();
    await producer.disconnect();
    await topics.remove();
    statsig.close();
  });

  /** Writes the profile of a customer, as the mapper does. */
  async function learn(id: string, attributes: Record<string, string>): Promise<void> {
    const entries = Object.entries(attributes).map(([name, value]) => [name, { value, updated_at_ms: 1 }]);
    const fields = {
      app_user_id: id,
      aliases: [id, `alias of ${id}`],
      subscriber_attributes: Object.fromEntries(entries) as object,
    };
    const observations = observe(
      { id: 'e', type: 'RENEWAL', fields: JSON.parse(JSON.stringify(fields)) as never },
      1,
    );
    const profiles = new ProfileStore(redis, { ttlMs: 3_600_000 });
    await profiles.join(project, observations, await profiles.find(project, observations));
  }

  async function store(id: string, fields: Record<string, unknown>): Promise<void> {
    const { value, headers } = new Records().event(id, fields, { 'project-id': project });
    await producer.send([{ topic: topics.names.events, key: null, value, headers: { ...headers } }]);
  }

  const post = (settings: object, event: object, projectId = project) =>
    console.do('previews', { projectId, settings, event });
  const stored = (id: string) => ({ project, id });

  async function preview(settings: object, event: object, projectId = project): Promise<Preview> {
    const response = await post(settings, event, projectId);
    const text = await response.text();
    expect([response.status, text]).toEqual([200, text]);
    expect(text).not.toContain(serverSecret);
    expect(text).not.toContain(salt);
    return JSON.parse(text) as Preview;
  }

  it('shows the request with the settings of the form, and the one with the saved settings', async () => {
    const shown = await preview({ format: 'log_event', eventNames: 'rc' }, stored('purchase'));
    expect(shown).toMatchObject({
      eventId: 'purchase',
      isCustomerKnown: true,
      isSame: false,
      draft: [
        {
          kind: 'delivery',
          side: null,
          name: 'rc_renewal_event',
          value: 9.99,
          userId: 'known',
          tier: 'production',
          trimmed: [{ part: 'attribute', name: '$ip', cause: 'dropped' }],
          request: { method: 'POST', url: expect.stringMatching(/\/v1\/log_event$/) as unknown },
        },
      ],
      saved: [
        {
          kind: 'delivery',
          name: 'RENEWAL',
          userId: 'known',
          value: null,
          tier: null,
          trimmed: [
            { part: 'attribute', name: '$email', cause: 'hashed' },
            { part: 'attribute', name: '$ip', cause: 'dropped' },
          ],
          request: { url: expect.stringMatching(/\/v1\/webhooks\/revenuecat$/) as unknown },
        },
      ],
    });
    expect(JSON.stringify(shown.draft)).toContain('ann@example.com');
    expect(JSON.stringify(shown.saved)).not.toContain('ann@example.com');
  });

  it('hashes with the stored salt, and with the one of the form if it has one', async () => {
    const privacy = { attributes: { $email: 'hash' } };
    expect(await preview({ privacy }, stored('purchase'))).toMatchObject({ isSame: true });
    const other = await preview(
      { privacy: { ...privacy, salt: 'another salt of the form' } },
      stored('purchase'),
    );
    expect(other.isSame).toBe(false);
    expect(JSON.stringify(other)).not.toContain('another salt');
  });

  it('shows which rule filters the event', async () => {
    expect(await preview({ eventTypes: ['RENEWAL'] }, stored('test'))).toMatchObject({
      draft: [
        {
          kind: 'filtered',
          reason: 'type_not_selected',
          rule: null,
          explanation: { remedy: expect.any(String) as unknown },
        },
      ],
      isSame: true,
    });
    expect(await preview({ includeSandbox: true }, stored('sandbox'))).toMatchObject({
      draft: [{ kind: 'delivery', environment: 'SANDBOX' }],
      saved: [{ kind: 'filtered', reason: 'sandbox_excluded' }],
      isSame: false,
    });
  });

  it('names the server secret that the event would be sent with, stored or not', async () => {
    const secretOf = async (settings: object, id: string) =>
      (await preview({ includeSandbox: true, ...settings }, stored(id))).draft.map(
        (outcome) => outcome.kind === 'delivery' && outcome.secret,
      );
    const both = { hasSandboxSecret: true };
    expect(await secretOf({}, 'sandbox')).toEqual(['serverSecret']);
    expect(await secretOf(both, 'sandbox')).toEqual(['sandboxServerSecret']);
    expect(await secretOf(both, 'purchase')).toEqual(['serverSecret']);
    const settings = { privacy: { attributes: { $email: 'hash' } } };
    const separate = { ...settings, includeSandbox: true, sandboxServerSecret: 'secret-of-the-sandbox-4567' };
    expect((await console.put(`integrations/${project}`, separate)).status).toBe(200);
    expect(await secretOf({}, 'sandbox')).toEqual(['sandboxServerSecret']);
    expect(await secretOf({ hasSandboxSecret: false }, 'sandbox')).toEqual(['serverSecret']);
    const asBefore = { ...settings, sandboxServerSecret: null };
    expect((await console.put(`integrations/${project}`, asBefore)).status).toBe(200);
  });

  it('names the filter that filters the event out', async () => {
    const filters = { prices: { exclude: { max: 10 } } };
    expect(await preview({ filters }, stored('purchase'))).toMatchObject({
      draft: [{ kind: 'filtered', reason: 'filtered_by_rule', rule: 'prices.exclude' }],
    });
  });

  it('shows both sides of a transfer, and a side that cannot be sent', async () => {
    expect(await preview({}, stored('moved'))).toMatchObject({
      isCustomerKnown: false,
      draft: [
        { kind: 'delivery', side: 'from', deliveryId: 'moved:from', userId: 'known' },
        { kind: 'delivery', side: 'to', deliveryId: 'moved:to', userId: 'new' },
      ],
    });
    expect(await preview({}, stored('lost'))).toMatchObject({
      draft: [
        { kind: 'delivery', side: 'to' },
        { kind: 'dead_letter', side: 'from', reason: 'no_customer' },
      ],
    });
  });

  it('works for a new integration, with pasted JSON of a webhook or of its event alone', async () => {
    const event =
      '{"id": "p1", "type": "RENEWAL", "app_user_id": "u", "environment": "PRODUCTION", "digits": 1.00}';
    for (const json of [event, `{"api_version": "1.0", "event": ${event}}`]) {
      const shown = await preview({ format: 'revenuecat' }, { json }, 'not-saved-yet');
      expect(shown).toMatchObject({ eventId: 'p1', isCustomerKnown: false, saved: null, isSame: false });
      expect(shown.draft).toMatchObject([{ kind: 'delivery', userId: 'u' }]);
      expect(JSON.stringify(shown.draft)).toContain('\\"digits\\": 1.00');
    }
  });

  const examples = (projectId: string, settings: object) =>
    console.do('previews/examples', { projectId, settings });

  it('shows what the choices of each setting make of one of the last events', async () => {
    const response = await examples(project, {
      format: 'log_event',
      eventNames: 'rc',
      userIdAttribute: 'plan',
    });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      eventNames: {
        origin: 'project',
        type: 'RENEWAL',
        choices: { received: { name: 'RENEWAL' }, rc: { name: 'rc_renewal_event' } },
      },
      userIdAttribute: { origin: 'project', choices: { none: { userId: 'known' }, set: { userId: 'gold' } } },
      includeSandbox: {
        origin: 'project',
        choices: { off: { reason: 'sandbox_excluded' }, on: { tier: 'development' } },
      },
    });
    expect(text).not.toContain(serverSecret);
    expect(text).not.toContain(salt);
  });

  it('uses the events of other projects for a project that has none', async () => {
    const response = await examples('not-saved-yet', { format: 'log_event' });
    expect(await response.json()).toMatchObject({ eventNames: { origin: 'other_project' } });
  });

  it('rejects invalid settings of examples with the position of the problem', async () => {
    const response = await examples('not-saved-yet', { privacy: { otherAttributes: 'hash' } });
    expect([response.status, ((await response.json()) as Problem).errors?.[0]?.pointer]).toEqual([
      400,
      '/settings/privacy/salt',
    ]);
  });

  it('neither sends nor stores anything', async () => {
    const endOffsets = async () =>
      withAdmin(topics.kafka, async (admin) => {
        const names = (await admin.listTopics()).filter((name) => name.startsWith(topics.prefix)).toSorted();
        return Promise.all(names.map(async (name) => [name, await admin.fetchTopicOffsets(name)]));
      });
    const redisContents = async () => {
      const keys = (await redis.keys('*')).filter(
        (key) => key.includes(project) || key.includes('never-seen'),
      );
      return Promise.all(
        keys.toSorted().map(async (key) => [key, await redis.dump(key), await redis.pexpiretime(key)]),
      );
    };
    // The console reads the audit records of earlier changes in the background.
    const audited = await withAdmin(topics.kafka, (admin) => admin.fetchTopicOffsets(topics.names.audit));
    const last = Number(audited[0]?.high) - 1;
    await until(() => console.model.db.all('SELECT 1 FROM audit WHERE offset = ?', last).length === 1);
    const before = [await endOffsets(), await redisContents(), contentsOf(console.model), requestsToStatsig];
    for (const format of ['revenuecat', 'log_event']) {
      for (const id of ['purchase', 'sandbox', 'test', 'moved', 'lost'])
        await preview({ format }, stored(id));
      const json = JSON.stringify({ id: 'never-seen', type: 'RENEWAL', app_user_id: 'never-seen' });
      await preview({ format }, { json });
      expect((await examples(project, { format })).status).toBe(200);
    }
    expect([await endOffsets(), await redisContents(), contentsOf(console.model), requestsToStatsig]).toEqual(
      before,
    );
    expect(requestsToStatsig).toBe(0);
  });

  it.each([
    ['text that is not JSON', { json: '{"event": ' }, '/event/json', /not JSON/],
    ['an event without an id', { json: '{"type":"RENEWAL"}' }, '/event/json', /no "id".*at \/event\/id/],
    ['JSON that is not an event', { json: '[1]' }, '/event/json', /object/],
    [
      'JSON that is too long',
      { json: `"${'x'.repeat(262_144)}"` },
      '/event/json',
      /At most 262,144 characters/,
    ],
  ])('rejects %s with the position of the problem', async (_what, event, pointer, detail) => {
    const response = await post({}, event);
    const { errors } = (await response.json()) as Problem;
    expect([response.status, errors?.[0]?.pointer]).toEqual([400, pointer]);
    expect(errors?.[0]?.detail).toMatch(detail);
  });

  it('rejects invalid settings like a change, an unknown event, and a request from another site', async () => {
    const invalid = await post({ privacy: { otherAttributes: 'hash' } }, stored('purchase'), 'not-saved-yet');
    expect(((await invalid.json()) as Problem).errors).toMatchObject([{ pointer: '/settings/privacy/salt' }]);
    expect((await post({}, stored('unknown'))).status).toBe(404);
    const { status } = await console.post(
      'previews',
      { projectId: project, settings: {}, event: stored('purchase') },
      { origin: 'http://evil.example', cookie: 'session=x' },
    );
    expect([401, 403]).toContain(status);
  });

  it('is described in the API, with the newest event of each type as examples', async () => {
    const document = new ApiDocument(
      (await (await console.get('openapi.json')).json()) as ApiDocument['json'],
    );
    const response = await post({ format: 'log_event' }, stored('purchase'));
    expect(document.differences('post', '/api/previews', response, await response.json())).toEqual([]);
    const shown = await examples(project, { format: 'log_event' });
    expect(document.differences('post', '/api/previews/examples', shown, await shown.json())).toEqual([]);
    const newest = await (await console.get(`events/examples?project=${project}`)).json();
    expect((newest as { type: string }[]).map(({ type }) => type).toSorted()).toEqual([
      'RENEWAL',
      'TEST',
      'TRANSFER',
    ]);
  });
});
