import { gzipSync } from 'node:zlib';
import {
  batch,
  envelope,
  type EventJson,
  logEvent,
  RunningSimulator,
  statusAndBody,
} from '../../test/running-simulator';

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
});
afterAll(() => simulator.stop());
beforeEach(() => simulator.reset());

describe('the simulated Statsig', () => {
  it.each([
    ['/v1/webhooks/revenuecat', envelope('e1'), 200],
    ['/v1/log_event', batch('e1'), 202],
    ['/v1/webhooks/event_webhook', { user: { userID: 'u' }, event: 'e' }, 200],
  ])('accepts events at %s', async (path, body, status) => {
    expect(await statusAndBody(simulator.send(body, { path }))).toEqual([status, { success: true }]);
    expect(await simulator.events()).toHaveLength(1);
  });

  it('keeps the exact body and the headers, but not the key', async () => {
    const text = `{ "api_version":"1.0",  "event": {"id":"ü","type":"X","price":1.50} }`;
    await simulator.send(text, { headers: { 'x-trace': 't' } });
    const [event] = await simulator.events();
    expect(event).toMatchObject({ id: 'ü', rawBody: text, body: JSON.parse(text) as object });
    expect(event?.event).toEqual({ id: 'ü', type: 'X', price: 1.5 });
    expect(event?.headers).toMatchObject({ 'x-trace': 't' });
    expect(Object.keys(event?.headers ?? {})).not.toContain('statsig-api-key');
  });

  it('accepts gzip', async () => {
    const zipped = gzipSync(JSON.stringify(batch('e1', 'e2')));
    const response = simulator.send(zipped, { path: logEvent, headers: { 'content-encoding': 'gzip' } });
    expect((await response).status).toBe(202);
    expect((await simulator.events('id=e2'))[0]).toMatchObject({
      userId: 'user of e2',
      body: batch('e1', 'e2'),
    });
  });

  it.each([
    ['a wrong key', () => simulator.send(envelope('e'), { key: 'no' }), 401, 'unknown to this Statsig'],
    ['no key', () => fetch(`${simulator.url}${logEvent}`, { method: 'POST', body: '{}' }), 401, 'missing'],
    ['no events', () => simulator.send({ events: [] }, { path: logEvent }), 400, 'events must be an array'],
    ['no body', () => simulator.send(''), 400, 'empty'],
    ['a large body', () => simulator.send('x'.repeat(4_001)), 413, 'too large'],
    [
      'a body that is too large after decompression',
      () => simulator.send(gzipSync('x'.repeat(9_000)), { headers: { 'content-encoding': 'gzip' } }),
      413,
      'larger than 4000 bytes',
    ],
    [
      'a body that is not gzip',
      () => simulator.send('x', { headers: { 'content-encoding': 'gzip' } }),
      400,
      'not gzip',
    ],
    [
      'an unsupported encoding',
      () => simulator.send('x', { headers: { 'content-encoding': 'br' } }),
      415,
      'gzip',
    ],
  ])('rejects %s', async (_what, request, status, message) => {
    const rejected = await statusAndBody(request());
    expect(rejected).toEqual([
      status,
      { success: false, message: expect.stringContaining(message) as string },
    ]);
    expect(await simulator.events()).toEqual([]);
    expect(await simulator.get('stats')).toMatchObject({ requests: 1, responses: { [status]: 1 } });
  });

  it.each([
    ['/_sim/nothing', 404],
    ['/_sim/events?limit=0', 400],
  ])('responds with a problem at %s, which is not part of its API', async (path, status) => {
    const response = await fetch(simulator.url + path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
  });

  it('marks sandbox events as not ingested, unless they are included', async () => {
    await simulator.send(envelope('e1', { environment: 'SANDBOX' }));
    await simulator.put('settings', { includeSandbox: true });
    await simulator.send(envelope('e2', { environment: 'SANDBOX' }));
    expect((await simulator.events()).map(({ ingested }) => ingested)).toEqual([false, true]);
  });

  it('counts repeats', async () => {
    await simulator.send(envelope('e1'));
    await simulator.send(batch('e1', 'e2'), { path: logEvent });
    expect(await simulator.get('stats')).toMatchObject({
      requests: 2,
      events: 3,
      distinctEventIds: 2,
      repeats: { e1: 2 },
      responses: { 200: 1, 202: 1 },
    });
  });

  it('pages through events with a cursor', async () => {
    await simulator.send(batch('e1', 'e2', 'e3'), { path: logEvent });
    const first = await simulator.get<{ events: EventJson[]; next: number }>('events?limit=2');
    expect(first.events.map(({ id }) => id)).toEqual(['e1', 'e2']);
    const second = await simulator.get(`events?limit=2&since=${first.next}`);
    expect(second).toMatchObject({ events: [{ id: 'e3' }], next: null });
    expect((await fetch(`${simulator.url}/_sim/events?limit=0`)).status).toBe(400);
  });
});
