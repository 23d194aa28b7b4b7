import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteTopic, deliveriesTopic, headerNames, RecordProducer } from '@app/kafka';
import { createIntegrationStore } from '@app/integrations';
import { connectRedis, type Problem } from '@app/platform';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { Records } from '../test/records';
import { statusOfPartialRequest, statusWithHost } from '../test/raw-requests';
import { RunningConsole, token } from '../test/running-console';
import { contentsOf } from '../test/snapshot';
import { sampleRecordsRead, writeSampleRecords } from '../test/sample-records';

const secret = 'secret-0123456789abcdef';

describe('the console on a real Kafka', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let folder: string;
  const running: RunningConsole[] = [];

  beforeAll(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    folder = mkdtempSync(join(tmpdir(), 'console-'));
    await writeSampleRecords(producer, topics.names);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  afterAll(async () => {
    await producer.disconnect();
    await topics.remove();
    rmSync(folder, { recursive: true });
  });

  async function open(env: Record<string, string> = {}): Promise<RunningConsole> {
    const one = await RunningConsole.start(topics.prefix, env);
    running.push(one);
    return one;
  }

  async function close(one: RunningConsole): Promise<void> {
    running.splice(running.indexOf(one), 1);
    await one.stop();
  }

  it('shows the same after its read model was deleted, and counts nothing twice after a restart', async () => {
    const file = join(folder, 'read-model.sqlite');
    const first = await open({ CONSOLE_DATABASE: file });
    await sampleRecordsRead(first);
    const before = contentsOf(first.model);
    const { id } = first.model.db;
    await close(first);

    const restarted = await open({ CONSOLE_DATABASE: file });
    // The records must be there again before the contents are compared.
    await sampleRecordsRead(restarted);
    expect(restarted.model.db.id).toBe(id);
    const afterRestart = contentsOf(restarted.model);
    expect(afterRestart).toEqual(before);
    await close(restarted);

    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    const rebuilt = await open({ CONSOLE_DATABASE: file });
    await sampleRecordsRead(rebuilt);
    expect(rebuilt.model.db.id).not.toBe(id);
    const afterRebuild = contentsOf(rebuilt.model);
    expect(afterRebuild).toEqual(before);
  });

  it('grants access with the token only, and always with the token, even after wrong ones', async () => {
    const one = await open({ CONSOLE_SIGN_INS_PER_MINUTE: '3' });
    expect((await fetch(`${one.url}/api/events`)).status).toBe(401);
    expect((await fetch(`${one.url}/%61pi/events`)).status).toBe(401);
    const right = await one.post('session', { token, name: 'Ada' });
    const cookie = right.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const session = await fetch(`${one.url}/api/session`, { headers: { cookie } });
    expect(await session.json()).toMatchObject({ isSignedIn: true, name: 'Ada' });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await one.post('session', { token: 'wrong' })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    const guess = { authorization: 'Bearer guessed-token-0001' };
    expect((await fetch(`${one.url}/api/events`, { headers: guess })).status).toBe(429);
    expect((await fetch(`${one.url}/api/session`, { headers: guess })).status).toBe(429);
    // The right token is accepted from the same address.
    expect((await one.post('session', { token })).status).toBe(200);
    expect((await one.get('events')).status).toBe(200);
    const crossSite = { cookie, origin: 'http://evil.example' };
    expect((await one.post('redrives', { all: true }, crossSite)).status).toBe(403);
    // Like a page whose host name resolves to the console. fetch cannot set the host.
    const bearer = { authorization: `Bearer ${token}` };
    expect(await statusWithHost(`${one.url}/api/events`, 'rebound.example', bearer)).toBe(403);
    expect(await statusWithHost(`${one.url}/api/events`, 'localhost', bearer)).toBe(200);
    for (const path of ['/', '/events', '/api/session', '/api/openapi.json', '/nothing'])
      expect([path, await statusWithHost(one.url + path, 'rebound.example')]).toEqual([path, 403]);
    expect(await statusWithHost(`${one.url}/api/openapi.json`, 'localhost')).toBe(200);
  });

  it('rejects requests without a session before the body has arrived', async () => {
    const one = await open();
    const statusOf = (path: string, headers: string[], body: string) =>
      statusOfPartialRequest(
        one.url,
        [`POST ${path} HTTP/1.1`, 'host: localhost', ...headers, '', body].join('\r\n'),
      );
    const json = 'content-type: application/json';
    const bodies: [string[], string][] = [
      [[json, 'content-length: 1048576'], '{'],
      [['content-type: application/x-www-form-urlencoded', 'content-length: 1000'], 'a='],
      [[json, 'transfer-encoding: chunked'], '1\r\n{\r\n'.repeat(3_000)],
    ];
    for (const [headers, body] of bodies) {
      expect(await statusOf('/api/redrives', headers, body)).toBe(401);
      expect(await statusOf('/api/redrives', ['authorization: Bearer guess', ...headers], body)).toBe(401);
      expect(await statusOf('/api/nothing', headers, body)).toBe(404);
      expect(await statusOf('/nothing', headers, body)).toBe(404);
    }
    for (const [headers, body] of [bodies[0], bodies[2]].filter((one) => one !== undefined))
      expect(await statusOf('/api/session', headers, body)).toBe(413);
    const longest = { token: 'x'.repeat(1_000), name: 'ü'.repeat(80) };
    expect((await one.post('session', longest)).status).toBe(401);
  });

  it('closes connections beyond the limit', async () => {
    const one = await open({ CONSOLE_MAX_CONNECTIONS: '2' });
    const { hostname, port } = new URL(one.url);
    const sockets = Array.from({ length: 3 }, () => connect(Number(port), hostname));
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    expect(sockets.filter(({ closed }) => closed)).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
  });

  it('counts wrong tokens by client, as reported by a trusted proxy', async () => {
    const one = await open({ CONSOLE_SIGN_INS_PER_MINUTE: '1', TRUST_PROXY: '127.0.0.1' });
    const wrong = async (client: string) =>
      (await one.post('session', { token: 'wrong' }, { 'x-forwarded-for': client })).status;
    expect([await wrong('10.0.0.7'), await wrong('10.0.0.7'), await wrong('10.0.0.8')]).toEqual([
      401, 429, 401,
    ]);
    const failed = await topics.find(topics.names.audit, ({ value }) => value?.includes('10.0.0.8') === true);
    expect(JSON.parse(failed.value?.toString() ?? '')).toMatchObject({
      action: 'fail_to_sign_in',
      who: 'unknown',
      from: '10.0.0.8',
    });
  });

  it('rejects reserved names at sign-in', async () => {
    const one = await open();
    for (const name of ['token', ' ToKen ', 'this machine', 'unknown', 'command line', 'tok\u200Ben'])
      expect([name, (await one.post('session', { token, name })).status]).toEqual([name, 400]);
    expect((await one.post('session', { token, name: 'Zoë' })).status).toBe(200);
  });

  it.each(['is signed out', 'expires'])('ends an event stream when its session %s', async (how) => {
    const one = await open(how === 'expires' ? { CONSOLE_SESSION_LIFETIME: '1500ms' } : {});
    const signIn = await one.post('session', { token, name: 'Ada' });
    const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const stream = await fetch(`${one.url}/api/events/stream`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    if (how === 'is signed out') {
      const signOut = await fetch(`${one.url}/api/session`, { method: 'DELETE', headers: { cookie } });
      expect(signOut.status).toBe(204);
      await topics.find(topics.names.audit, ({ value }) => value?.includes('"sign_out"') === true);
    }
    await ended;
    // A copy of the cookie is rejected too.
    expect((await fetch(`${one.url}/api/events`, { headers: { cookie } })).status).toBe(401);
  });

  it('allows the browser to use only its own files', async () => {
    const one = await open();
    const { headers } = await fetch(`${one.url}/`);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it.each([true, false])('restricts the session cookie to HTTPS only if configured: %s', async (isSecure) => {
    const one = await open({ CONSOLE_SECURE_COOKIE: String(isSecure) });
    const { headers } = await one.post('session', { token, name: 'Ada' });
    expect(headers.get('set-cookie')).toMatch(/; HttpOnly/);
    expect(headers.get('set-cookie')?.includes('; Secure')).toBe(isSecure);
    expect(headers.has('strict-transport-security')).toBe(isSecure);
  });

  it('never returns the secret of an integration, and records who changed what', async () => {
    const one = await open({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    const projectId = `p${Date.now()}`;
    const added = await one.do('integrations', { projectId, serverSecret: secret, includeSandbox: true });
    expect(added.status).toBe(201);
    const responses = [await added.text(), await (await one.get('integrations')).text()];
    const rotated = await one.do(`integrations/${projectId}/secret`, { serverSecret: `${secret}-new1` });
    responses.push(await rotated.text());
    for (const text of responses) expect(text).not.toContain(secret);
    expect(JSON.parse(responses[2] ?? '')).toMatchObject({
      serverSecretEnding: 'new1',
      includeSandbox: true,
    });
    const entries: unknown[] = [];
    for (const action of ['add_integration', 'rotate_secret']) {
      const { value } = await topics.find(
        topics.names.audit,
        (record) => record.value?.includes(action) === true,
      );
      expect(value?.toString()).not.toContain(secret);
      entries.push(JSON.parse(value?.toString() ?? ''));
    }
    expect(entries).toMatchObject([
      { action: 'add_integration', target: projectId, who: 'token' },
      { action: 'rotate_secret', target: projectId, who: 'token' },
    ]);
  });

  it('stores, replaces and removes the API key of RevenueCat, and shows only its last four characters', async () => {
    const one = await open({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    const projectId = `p${Date.now()}`;
    const keys = ['sk_first_key_of_revenuecat_aaaa', 'sk_second_key_of_revenuecat_bbbb'];
    await one.do('integrations', { projectId, serverSecret: secret });
    const keyless = await one.put(`integrations/${projectId}`, { lookup: { revenueCatProjectId: 'proj1' } });
    expect(keyless.status).toBe(400);
    const responses: string[] = [];
    const change = async (lookup: unknown) => {
      const response = await one.put(`integrations/${projectId}`, { lookup });
      responses.push(await response.text());
      return JSON.parse(responses.at(-1) ?? '') as { lookup: unknown };
    };
    expect(await change({ revenueCatProjectId: 'proj1', apiKey: keys[0] })).toMatchObject({
      lookup: { revenueCatProjectId: 'proj1', apiKeyEnding: 'aaaa' },
    });
    expect(await change({ revenueCatProjectId: 'proj2' })).toMatchObject({
      lookup: { revenueCatProjectId: 'proj2', apiKeyEnding: 'aaaa' },
    });
    expect(await change({ revenueCatProjectId: 'proj2', apiKey: keys[1] })).toMatchObject({
      lookup: { apiKeyEnding: 'bbbb' },
    });
    expect(await change({ revenueCatProjectId: 'proj2', customers: false })).toMatchObject({
      lookup: { apiKeyEnding: 'bbbb', customers: false },
    });
    expect(await change(null)).toMatchObject({ lookup: null });
    const audited = new Set<string>();
    await topics.find(topics.names.audit, ({ value }) => {
      const entry = value?.toString() ?? '';
      audited.add(entry);
      return entry.includes('"lookup":null,"replaced":[]');
    });
    expect([...audited].filter((entry) => entry.includes('"replaced":["lookup.apiKey"]'))).toHaveLength(2);
    for (const text of [...responses, ...audited]) for (const key of keys) expect(text).not.toContain(key);
  });

  it('stores, replaces and removes the server secret for sandbox events, without changing the other one', async () => {
    const one = await open({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    const projectId = `p${Date.now()}`;
    const responses: string[] = [];
    const view = async (response: Response | Promise<Response>): Promise<unknown> => {
      responses.push(await (await response).text());
      return JSON.parse(responses.at(-1) ?? '');
    };
    const sandboxServerSecret = `${secret}-sandbox-aaaa`;
    const unused = { projectId, serverSecret: secret, sandboxServerSecret };
    expect((await one.do('integrations', unused)).status).toBe(400);
    expect(await view(one.do('integrations', { ...unused, includeSandbox: true }))).toMatchObject({
      hasSandboxSecret: true,
      sandboxSecretEnding: 'aaaa',
    });
    const replaced = { sandboxServerSecret: `${secret}-sandbox-bbbb` };
    expect(await view(one.do(`integrations/${projectId}/secret`, replaced))).toMatchObject({
      serverSecretEnding: secret.slice(-4),
      sandboxSecretEnding: 'bbbb',
    });
    const filters = { products: { exclude: ['lifetime*'] } };
    expect((await one.put(`integrations/${projectId}`, { filters })).status).toBe(400);
    expect(await view(one.put(`integrations/${projectId}`, { filters, includeSandbox: true }))).toMatchObject(
      {
        sandboxSecretEnding: 'bbbb',
        filters: { products: { include: [], exclude: ['lifetime*'] } },
      },
    );
    expect(await view(one.put(`integrations/${projectId}`, { sandboxServerSecret: null }))).toMatchObject({
      hasSandboxSecret: false,
      sandboxSecretEnding: null,
      filters: { products: { exclude: [] } },
    });
    expect((await one.do(`integrations/${projectId}/secret`, replaced)).status).toBe(400);
    expect((await one.do(`integrations/${projectId}/secret`, {})).status).toBe(400);
    for (const text of responses) expect(text).not.toContain(secret);
  });

  it('shows how many records wait before each stage', async () => {
    const one = await open();
    await sampleRecordsRead(one);
    const { backlog } = (await (await one.get('overview')).json()) as {
      backlog: { stage: string; records: number | null }[];
    };
    // All records wait, because no mapper and no dispatcher is running.
    const waiting = Object.fromEntries(backlog.map(({ stage, records }) => [stage, records]));
    expect(waiting['mapper']).toBeGreaterThanOrEqual(40);
    expect(waiting['dispatcher']).toBeGreaterThanOrEqual(40);
    expect(waiting['console']).not.toBeNull();
  });

  it('fixes the partitions of an integration when it is added, and keeps them when it is added again', async () => {
    const one = await open({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    const projectId = `p${Date.now()}`;
    const add = (partitions?: number) =>
      one.do('integrations', {
        projectId,
        serverSecret: secret,
        ...(partitions !== undefined && { partitions }),
      });
    expect(await (await add(5)).json()).toMatchObject({ partitions: 5 });
    expect((await one.put(`integrations/${projectId}`, { partitions: 6 })).status).toBe(400);
    expect(await (await one.put(`integrations/${projectId}`, {})).json()).toMatchObject({ partitions: 5 });

    await one.remove(`integrations/${projectId}`);
    expect((await add(6)).status).toBe(409);
    expect(await (await add()).json()).toMatchObject({ partitions: 5 });
    await one.remove(`integrations/${projectId}`);

    const other = `${projectId}-other`;
    const added = await one.do('integrations', { projectId: other, serverSecret: secret });
    expect(await added.json()).toMatchObject({ partitions: 12 });
    await one.remove(`integrations/${other}`);
  });

  it('redrives dead letters to their topic of origin, and then shows none', async () => {
    const one = await open();
    await sampleRecordsRead(one);
    const started = await one.do('redrives', {
      source: 'deliveries',
      stage: 'dispatcher',
      reason: 'statsig_400',
    });
    expect(started.status).toBe(202);
    const isRedriven = (record: { headers: Readonly<Record<string, string>> }): boolean =>
      headerNames.redriveOf in record.headers;
    const record = await topics.find(deliveriesTopic(topics.names, 'default'), isRedriven);
    expect(Object.keys(record.headers).filter((name) => name.startsWith('dead-letter'))).toEqual([]);
    for (;;) {
      const groups = (await (await one.get('dead-letter-groups')).json()) as unknown[];
      if (groups.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('resends an event as received, marked as a replay', async () => {
    const one = await open();
    await sampleRecordsRead(one);
    expect((await one.do('event/resend', { project: 'default', id: 'good-3' })).status).toBe(202);
    const again = await topics.find(topics.names.events, ({ headers }) => headers['source'] === 'replay');
    expect(again.key?.toString()).toBe('default:user-3');
    expect(JSON.parse(again.value?.toString() ?? '')).toMatchObject({ event: { id: 'good-3' } });
    expect(again.headers[headerNames.replay]).toBeUndefined();
    await one.do('event/resend', { project: 'default', id: 'good-4', evenIfDelivered: true });
    const forced = await topics.find(topics.names.events, ({ headers }) => headerNames.replay in headers);
    expect(forced.key?.toString()).toBe('default:user-4');
    const audited = await topics.find(
      topics.names.audit,
      ({ value }) => value?.includes('default/good-4') === true,
    );
    expect(JSON.parse(audited.value?.toString() ?? '')).toMatchObject({
      action: 'resend',
      target: 'default/good-4',
      detail: { evenIfDelivered: true },
    });
  });

  it('closes the connection if an export fails, so that it does not look complete', async () => {
    const one = await open();
    await sampleRecordsRead(one);
    const { get } = one.model.db;
    let reads = 0;
    jest.spyOn(one.model.db, 'get').mockImplementation((sql: string, ...values) => {
      if (sql.includes('JOIN bodies') && (reads += 1) > 10) throw new Error('the disk has failed');
      return get.call(one.model.db, sql, ...values);
    });
    const response = await one.get('events/export');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    jest.restoreAllMocks();
  });

  it('detects concurrent changes of an integration', async () => {
    const one = await open({ SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    const projectId = `p${Date.now()}-edited`;
    await one.do('integrations', { projectId, serverSecret: secret });
    const shown = (await (await one.get(`integrations/${projectId}`)).json()) as { version: string };
    // Neither changes a setting of the form.
    await one.do(`integrations/${projectId}/pause`);
    await one.do(`integrations/${projectId}/secret`, { serverSecret: `${secret}-new` });
    const first = await one.put(`integrations/${projectId}`, {
      ...shown,
      includeSandbox: true,
      version: shown.version,
    });
    expect(first.status).toBe(400);
    const change = (version: string, includeSandbox: boolean) =>
      one.put(`integrations/${projectId}`, { version, includeSandbox });
    expect((await change(shown.version, true)).status).toBe(200);
    const late = await change(shown.version, false);
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({
      detail: expect.stringContaining('changed by someone else') as unknown,
    });
    // Of two concurrent changes, neither must undo the other.
    const both = await Promise.all([
      one.do(`integrations/${projectId}/secret`, { serverSecret: `${secret}-AAAA` }),
      one.do(`integrations/${projectId}/resume`),
    ]);
    const now = (await (await one.get(`integrations/${projectId}`)).json()) as Record<string, unknown>;
    const [isRotated, isResumed] = both.map(({ status }) => status === 200);
    expect(both.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(now['serverSecretEnding']).toBe(isRotated ? 'AAAA' : '-new');
    expect(now['enabled']).toBe(isResumed);
    await one.remove(`integrations/${projectId}`);
  });

  it('rejects settings that contradict each other, and lets a stored integration that has them be paused', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const one = await open({ SETTINGS_ENCRYPTION_KEY: key });
    const projectId = `p${Date.now()}-contradictory`;
    const contradictory = { projectId, serverSecret: secret, userIdAttribute: '$idfa' };
    const rejected = await one.do('integrations', contradictory);
    expect(rejected.status).toBe(400);
    const detail = expect.stringContaining('The privacy settings drop the attribute "$idfa"') as unknown;
    expect(((await rejected.json()) as Problem).errors).toEqual([{ pointer: '/userIdAttribute', detail }]);

    const redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
    await createIntegrationStore({ SETTINGS_ENCRYPTION_KEY: [key] }, redis).save(contradictory);
    redis.disconnect();
    expect((await one.do(`integrations/${projectId}/pause`)).status).toBe(200);
    expect((await one.put(`integrations/${projectId}`, { userIdAttribute: '$idfa' })).status).toBe(400);
    const privacy = { attributes: { $idfa: 'keep' } };
    const resolved = { userIdAttribute: '$idfa', privacy };
    expect((await one.put(`integrations/${projectId}`, resolved)).status).toBe(200);
    await one.remove(`integrations/${projectId}`);
  });

  it('explains what is wrong with an invalid request', async () => {
    const one = await open();
    expect((await one.get('events?limit=100000')).status).toBe(400);
    const invalid = await one.do('redrives', { everything: 1 });
    expect(invalid.status).toBe(400);
    expect(invalid.headers.get('content-type')).toContain('application/problem+json');
    const { errors } = (await invalid.json()) as Problem;
    expect(errors).toEqual([{ pointer: '', detail: expect.stringContaining('by {id}') as unknown }]);
    expect((await one.get('event?project=default&id=unknown')).status).toBe(404);
    expect((await one.do('integrations', { projectId: 'a', serverSecret: secret })).status).toBe(409);
    const api = (await (await one.get('openapi.json')).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(api.paths)).toEqual(
      expect.arrayContaining(['/api/events', '/api/redrives', '/api/integrations']),
    );
  });

  it('reads a project whose topic is created while it runs, deleted, and created again', async () => {
    const one = await open();
    await sampleRecordsRead(one);
    const r = new Records();
    const write = (topic: string, id: string) =>
      producer.send([{ topic, key: id, partition: 0, value: r.delivery(id).value }]);
    const isRead = async (id: string) => {
      const count = () => one.model.db.all('SELECT 1 FROM deliveries WHERE delivery_id = ?', id).length;
      while (count() === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const late = await topics.deliveriesOf('late');
    await write(late, 'late-1');
    await write(late, 'late-2');
    await isRead('late-2');

    await deleteTopic(topics.kafka, late, 'a group without members');
    await write(deliveriesTopic(topics.names, 'default'), 'meanwhile');
    await isRead('meanwhile');
    await topics.deliveriesOf('late');
    await write(late, 'late-3');
    await isRead('late-3');
    expect(one.model.positions.of(late, 0)).toBe(1);
  });
});
