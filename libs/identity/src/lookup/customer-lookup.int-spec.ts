import { connectRedis, type RedisClient } from '@app/platform';
import { FakeRevenueCat, silentLogger } from '@app/testing';
import { CustomerLookup, type LookupResult } from './customer-lookup';
import { LookupBudget } from './lookup-budget';
import { RevenueCatApi } from './revenuecat-api';

const timeoutMs = 400;

let projects = 0;
const newProject = (): string => `lookup${process.pid}-${++projects}`;

describe('looking up a customer in RevenueCat', () => {
  let redis: RedisClient;
  let revenueCat: FakeRevenueCat;
  let api: RevenueCatApi;
  let lookup: CustomerLookup;
  let projectId: string;

  beforeAll(async () => {
    redis = connectRedis({ REDIS_URL: [process.env['REDIS_URL'] ?? ''] }, silentLogger);
    revenueCat = await FakeRevenueCat.start();
    api = new RevenueCatApi(revenueCat.url);
    lookup = new CustomerLookup(redis, api, { timeoutMs, absentMs: 60_000 }, silentLogger);
  });

  beforeEach(() => {
    projectId = newProject();
    revenueCat.fault = undefined;
    revenueCat.customers.clear();
    revenueCat.requests.length = 0;
  });

  afterAll(async () => {
    await api.close();
    await revenueCat.stop();
    redis.disconnect();
  });

  async function ask(id: string, apiKey = revenueCat.apiKey): Promise<LookupResult | undefined> {
    return (await lookup.ask(projectId, { revenueCatProjectId: 'proj1', apiKey }, [id])).get(id);
  }

  const status = (code: number, body: object = {}, headers: Record<string, string> = {}): void => {
    revenueCat.fault = (response) => response.writeHead(code, headers).end(JSON.stringify(body));
  };

  it('learns all ids and attributes, page by page', async () => {
    revenueCat.customers.set('$RCAnonymousID:1', {
      aliases: ['$RCAnonymousID:1', 'a', 'b', 'c', 'd'],
      attributes: { $email: ['a@b.c', 5], plan: [null, 6], city: ['Rome', 7] },
    });
    const result = await ask('$RCAnonymousID:1');
    if (result?.kind !== 'found') throw new Error(result?.kind);
    expect(result.observation.ids).toEqual(['$RCAnonymousID:1', 'a', 'b', 'c', 'd']);
    expect(Object.fromEntries(result.observation.learned.attributes)).toEqual({
      $email: { value: 'a@b.c', updatedAtMs: 5 },
      plan: { value: '', updatedAtMs: 6 },
      city: { value: 'Rome', updatedAtMs: 7 },
    });
    expect(revenueCat.requests).toHaveLength(5);
  });

  it('does not look up an unknown customer again', async () => {
    expect(await ask('unknown')).toEqual({ kind: 'absent' });
    expect(await ask('unknown')).toEqual({ kind: 'absent' });
    expect(revenueCat.requests).toHaveLength(2);
  });

  it('gives up at the timeout, and then makes no requests for a while', async () => {
    revenueCat.fault = () => undefined;
    const startedAt = performance.now();
    expect(await ask('u')).toEqual({ kind: 'unavailable' });
    expect(performance.now() - startedAt).toBeLessThan(timeoutMs + 2_000);
    const requestsBefore = revenueCat.requests.length;
    expect(await ask('v')).toEqual({ kind: 'unavailable' });
    expect(revenueCat.requests).toHaveLength(requestsBefore);
  });

  it.each([
    ['a wrong key', () => undefined, 'sk_wrong'],
    [
      'too many requests',
      () => {
        status(429, { type: 'rate_limit_error', retryable: true, backoff_ms: 60_000 });
      },
      undefined,
    ],
    [
      'Retry-After alone',
      () => {
        status(429, {}, { 'retry-after': '60' });
      },
      undefined,
    ],
    [
      'a fault of RevenueCat',
      () => {
        status(503);
      },
      undefined,
    ],
    [
      'a response that is not JSON',
      () => {
        revenueCat.fault = (response) => response.end('<html>');
      },
      undefined,
    ],
    [
      'a broken connection',
      () => {
        revenueCat.fault = (response) => response.destroy();
      },
      undefined,
    ],
  ])('is unavailable after %s, and makes no requests for a while', async (_what, prepare, key) => {
    prepare();
    expect(await ask('u', key)).toEqual({ kind: 'unavailable' });
    const requestsBefore = revenueCat.requests.length;
    revenueCat.fault = undefined;
    expect(await ask('v')).toEqual({ kind: 'unavailable' });
    expect(revenueCat.requests).toHaveLength(requestsBefore);
  });

  it('continues after the pause that RevenueCat asked for', async () => {
    revenueCat.customers.set('v', { aliases: [], attributes: {} });
    status(429, { backoff_ms: 300 }, { 'retry-after': '3600' });
    await ask('u');
    revenueCat.fault = undefined;
    const startedAt = performance.now();
    let result = await ask('v');
    while (result?.kind !== 'found' && performance.now() - startedAt < 5_000) result = await ask('v');
    expect(result?.kind).toBe('found');
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });

  it('continues with other customers while one is locked', async () => {
    status(423, { type: 'resource_locked_error', retryable: true });
    expect(await ask('locked')).toEqual({ kind: 'unavailable' });
    revenueCat.fault = undefined;
    revenueCat.customers.set('v', { aliases: [], attributes: {} });
    expect((await ask('v'))?.kind).toBe('found');
  });

  it('does not follow a next page on another host, which must not receive the key', async () => {
    status(200, { object: 'list', items: [], next_page: 'https://example.com/v2' });
    expect(await ask('u')).toEqual({ kind: 'unavailable' });
  });

  it("stays under RevenueCat's 480 requests a minute across all mappers", async () => {
    const [one, other] = [new LookupBudget(redis), new LookupBudget(redis)];
    const taken = await Promise.all(
      Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? one : other).take(projectId, 2)),
    );
    const requests = 2 * taken.filter(Boolean).length;
    // During the minute, the budget is refilled with 400.
    expect(requests).toBeGreaterThan(0);
    expect(requests + 400).toBeLessThan(480);
  });
});
