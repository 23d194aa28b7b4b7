import { type Problem } from '@app/platform';
import { batch, envelope, logEvent, RunningSimulator, statusAndBody } from '../../test/running-simulator';

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await RunningSimulator.start();
});
afterAll(() => simulator.stop());
beforeEach(() => simulator.reset());

describe('faults', () => {
  it('respond with a status and Retry-After, without accepting the event', async () => {
    await simulator.faults({ kind: 'status', status: 429, retryAfter: 7 });
    const response = await simulator.send(envelope('e1'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await simulator.events()).toEqual([]);
  });

  it('accept the event despite responding with a failure, if configured', async () => {
    await simulator.faults({ kind: 'status', status: 504, accepted: true });
    expect((await simulator.send(envelope('e1'))).status).toBe(504);
    expect(await simulator.events()).toHaveLength(1);
  });

  it('reject the whole batch because of one event', async () => {
    await simulator.faults({ kind: 'status', status: 400, match: { eventId: 'e2' } });
    expect((await simulator.send(batch('e1', 'e2'), { path: logEvent })).status).toBe(400);
    expect((await simulator.send(batch('e1', 'e3'), { path: logEvent })).status).toBe(202);
    expect((await simulator.events()).map(({ id }) => id)).toEqual(['e1', 'e3']);
  });

  it('reject a key', async () => {
    await simulator.faults({ kind: 'status', status: 401, match: { key: 'k2' } });
    expect((await simulator.send(envelope('e1'), { key: 'k2' })).status).toBe(401);
    expect((await simulator.send(envelope('e1'), { key: 'k1' })).status).toBe(200);
  });

  it.each([
    ['reset', 0],
    ['accept-then-reset', 1],
  ])('cut the connection: %s', async (kind, accepted) => {
    await simulator.faults({ kind });
    await expect(simulator.send(envelope('e1'))).rejects.toThrow();
    expect(await simulator.events()).toHaveLength(accepted);
    expect(await simulator.get('stats')).toMatchObject({ requests: 1, responses: { [kind]: 1 } });
  });

  it('hang until the client gives up', async () => {
    await simulator.faults({ kind: 'hang', accepted: true });
    await expect(simulator.send(envelope('e1'), { signal: AbortSignal.timeout(300) })).rejects.toThrow();
    expect(await simulator.events()).toHaveLength(1);
  });

  it('delay the response', async () => {
    await simulator.faults({ kind: 'latency', latency: { shape: 'fixed', ms: 80 } });
    const startedAt = performance.now();
    expect((await simulator.send(envelope('e1'))).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(75);
  });

  it('respond with 200 and success false, or with garbage', async () => {
    await simulator.faults({ kind: 'success-false', times: 1 }, { kind: 'garbage' });
    expect(await statusAndBody(simulator.send(envelope('e1')))).toEqual([200, { success: false }]);
    expect(await (await simulator.send(envelope('e1'))).text()).toContain('<html>');
    expect(await simulator.events()).toEqual([]);
  });

  it.each([
    [200, '', 200, ''],
    [200, 'OK', 200, 'OK'],
    [200, '{"ok":true}', 200, '{"ok":true}'],
    [202, undefined, 202, '{"success":true}'],
    [204, undefined, 204, ''],
  ])('respond with %d and the body %j after accepting the event', async (status, body, ...expected) => {
    await simulator.faults({ kind: 'status', status, body, accepted: true });
    const response = await simulator.send(envelope('e1'));
    expect([response.status, await response.text()]).toEqual(expected);
    expect(await simulator.events()).toHaveLength(1);
  });

  it('redirect', async () => {
    const location = `${simulator.url}/elsewhere`;
    await simulator.faults({ kind: 'status', status: 301, location });
    const response = await simulator.send(envelope('e1'), { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([301, location]);
  });

  it('respond with a long body', async () => {
    await simulator.faults({ kind: 'status', status: 401, body: '<html>', bodyBytes: 1_000_000 });
    const response = await simulator.send(envelope('e1'));
    expect([response.status, (await response.text()).length]).toEqual([401, 1_000_000]);
  });

  it.each(['OK', ''])('cut off the body %j after the status', async (body) => {
    await simulator.faults({ kind: 'status', status: 200, body, bodyEnd: 'cut', accepted: true });
    const response = await simulator.send(envelope('e1'));
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(await simulator.events()).toHaveLength(1);
    expect(await simulator.get('stats')).toMatchObject({ responses: { 200: 1 } });
  });

  it('let the body trickle until the client gives up', async () => {
    await simulator.faults({ kind: 'status', status: 503, body: 'ab', bodyEnd: 'trickle' });
    const response = await simulator.send(envelope('e1'));
    expect(response.status).toBe(503);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.length >= 4) break;
    }
    expect(text).toMatch(/^ab +$/);
    expect(await simulator.get('stats')).toMatchObject({ responses: { 503: 1 } });
  });

  it('are listed with how often each acted', async () => {
    await simulator.faults({ kind: 'status', status: 500, times: 1 });
    await simulator.send(envelope('e1'));
    expect(await simulator.get('faults')).toMatchObject({
      seed: 1,
      rules: [{ status: 500, acted: 1, ended: true }],
    });
  });

  it('keep the previous set if a new one is invalid, and name the problem', async () => {
    await simulator.faults({ kind: 'hang', match: { endpoint: 'log_event' } });
    const rejected = await simulator.faults({ kind: 'status', status: 20 }, { kind: 'nothing' });
    expect(rejected.status).toBe(400);
    expect(rejected.headers.get('content-type')).toContain('application/problem+json');
    const { errors } = (await rejected.json()) as Problem;
    expect(errors?.map(({ pointer }) => pointer)).toEqual(['/rules/0/status', '/rules/1/kind']);
    expect(await simulator.get('faults')).toMatchObject({ rules: [{ kind: 'hang' }] });
  });
});
