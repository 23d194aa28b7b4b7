import { readFileSync } from 'node:fs';
import { type FakeExchange, FakeRevenueCat, testPublished } from '@app/testing';
import { parse } from 'yaml';
import { apiExcerpt } from '../test/api-excerpt';
import { Contract, type OpenApi } from '../test/contract';
import { describedOperation } from '../test/described-operation';
import { RevenueCatClient } from './api-client';
import { RevenueCatApiError } from './api-error';
import { WebhooksApi } from './webhooks-api';

const settings = {
  environment: 'production',
  eventTypes: null,
  appId: null,
  authorization: 'Bearer the-value',
};
const created = { name: 'ours', url: 'https://hooks.example/in', ...settings };

/** Exchanges that break the contract in one place each. */
function mutationsOf(exchange: FakeExchange): FakeExchange[] {
  const { body, response } = exchange;
  const isError = exchange.status >= 400;
  const withBody = (changes: object): FakeExchange => ({
    ...exchange,
    body: { ...(body as object), ...changes },
  });
  const withResponse = (changes: object): FakeExchange => ({
    ...exchange,
    response: { ...response, ...changes },
  });
  return [
    { ...exchange, status: 299 },
    { ...exchange, path: `${exchange.path}/other/other` },
    withResponse({ object: 'other' }),
    withResponse({ object: undefined }),
    withResponse({ unknown: 1 }),
    ...(isError ? [withResponse({ type: 'other' }), withResponse({ retryable: 'no' })] : []),
    ...('items' in response
      ? [withResponse({ items: [{}] }), withResponse({ items: undefined }), withResponse({ next_page: 1 })]
      : []),
    ...('items' in response && exchange.path.includes('/customers/')
      ? [
          withResponse({ next_page: undefined }),
          withResponse({ items: (response.items as object[]).map((item) => ({ ...item, object: 'other' })) }),
        ]
      : []),
    ...('created_at' in response
      ? [
          withResponse({ environment: 'both' }),
          withResponse({ app_id: undefined }),
          withResponse({ event_types: 'all' }),
        ]
      : []),
    ...(body === undefined
      ? []
      : [
          withBody({ header: 'x' }),
          withBody({ environment: 'both' }),
          withBody({ event_types: [1] }),
          withBody({ event_types: ['RENEWAL'] }),
          withBody({ authorization_header: 1 }),
          withBody({ app_id: '' }),
        ]),
    ...(exchange.method === 'POST' && exchange.path.endsWith('/webhooks')
      ? [withBody({ url: undefined })]
      : []),
  ].map((mutated) => JSON.parse(JSON.stringify(mutated)) as FakeExchange);
}

describe("RevenueCat's webhooks", () => {
  let fake: FakeRevenueCat;
  let client: RevenueCatClient;
  let api: WebhooksApi;
  const access = { revenueCatProjectId: 'proj1', apiKey: 'sk_fake' };

  beforeAll(async () => {
    fake = await FakeRevenueCat.start();
    client = new RevenueCatClient(fake.url);
    api = new WebhooksApi(client, 20_000);
  });

  beforeEach(() => {
    fake.fault = undefined;
    fake.permissions = ['read', 'read_write'];
    fake.webhooks.reset();
    fake.exchanges.length = 0;
  });

  afterAll(async () => {
    await client.close();
    await fake.stop();
  });

  const statusOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'none',
      (error: unknown) => (error instanceof RevenueCatApiError ? error.status : error),
    );

  it('are created, listed page by page, changed and deleted', async () => {
    const { id } = await api.create(access, created);
    expect(fake.webhooks.authorizations.get(id)).toBe('Bearer the-value');
    for (const name of ['b', 'c', 'd', 'e']) fake.webhooks.add({ name, url: `https://${name}.example` });
    const listed = await api.list(access);
    expect(listed.map(({ name }) => name)).toEqual(['ours', 'b', 'c', 'd', 'e']);
    expect(listed[0]).toMatchObject({ id, url: created.url, environment: 'production', eventTypes: null });

    const changed = { ...settings, environment: null, eventTypes: ['renewal'], authorization: 'Bearer next' };
    expect(await api.update(access, id, changed)).toMatchObject({
      ...{ id, name: 'ours', url: created.url, environment: null, eventTypes: ['renewal'] },
    });
    expect(fake.webhooks.authorizations.get(id)).toBe('Bearer next');

    await api.delete(access, id);
    expect((await api.list(access)).map(({ name }) => name)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('are listed once if pages overlap, and not at all if there are more than ten pages', async () => {
    const webhook = fake.webhooks.add({ name: 'a', url: 'https://a.example' });
    const page = (next_page: string | null) =>
      JSON.stringify({ object: 'list', items: [webhook], next_page, url: '/' });
    let pages = 0;
    fake.fault = (response) => {
      pages += 1;
      response.end(
        page(pages < 3 ? `/v2/projects/proj1/integrations/webhooks?starting_after=${pages}` : null),
      );
    };
    expect((await api.list(access)).map(({ id }) => id)).toEqual([webhook.id]);
    expect(pages).toBe(3);
    fake.fault = (response) =>
      response.end(page('/v2/projects/proj1/integrations/webhooks?starting_after=x'));
    await expect(api.list(access)).rejects.toThrow('more than 10 pages');
  });

  it('are never reported as missing because a response is invalid', async () => {
    fake.fault = (response) => response.end('{"object":"list","items":[{"id":"a"}],"url":"/"}');
    await expect(api.list(access)).rejects.toThrow("RevenueCat's response is invalid.");
  });

  it('cannot be read or changed without permission, and errors quote neither key nor value', async () => {
    fake.permissions = ['read'];
    expect(await api.list(access)).toEqual([]);
    const failure = await api.create(access, created).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 403 });
    expect(String(failure)).not.toMatch(/the-value|sk_fake/);
    expect(await statusOf(api.list({ ...access, apiKey: 'sk_other' }))).toBe(401);
    fake.permissions = [];
    expect(await statusOf(api.list(access))).toBe(403);
  });

  it('report how long to wait if there were too many requests, or no response', async () => {
    fake.fault = (response) =>
      response.writeHead(429).end('{"type":"rate_limit_error","backoff_ms":1500,"param":null}');
    await expect(api.list(access)).rejects.toMatchObject({ status: 429, pauseMs: 1_500 });
    fake.fault = (response) => response.writeHead(429, { 'retry-after': '7' }).end('{}');
    await expect(api.list(access)).rejects.toMatchObject({ status: 429, pauseMs: 7_000 });
    fake.fault = (response) =>
      response.writeHead(429, { 'retry-after': 'Thu, 26 Nov 2026 12:00:00 GMT' }).end();
    await expect(api.list(access)).rejects.toMatchObject({ status: 429, pauseMs: 10_000 });
    fake.fault = (response) => response.destroy();
    await expect(api.list(access)).rejects.toMatchObject({ status: undefined });
    fake.fault = () => undefined;
    await expect(new WebhooksApi(client, 50).list(access)).rejects.toThrow(
      'RevenueCat did not respond in time.',
    );
  });

  it('are requested and returned as in our excerpt of the API, as are customers', () =>
    expectExchangesAsIn(apiExcerpt));

  const published = 'specs/revenuecat-api-v2.yaml';
  const read = (file: string): OpenApi => parse(readFileSync(file, 'utf8')) as OpenApi;

  testPublished(published, "are requested and returned as in RevenueCat's description", (file) =>
    expectExchangesAsIn(read(file)),
  );

  testPublished(published, "are described in our excerpt as in RevenueCat's description", (file) => {
    const documents = [apiExcerpt, read(file)];
    for (const [template, operations] of Object.entries(apiExcerpt.paths)) {
      for (const method of Object.keys(operations)) {
        const [ours, theirs] = documents.map((document) => describedOperation(document, template, method));
        expect({ [`${method} ${template}`]: ours }).toEqual({ [`${method} ${template}`]: theirs });
      }
    }
  });

  async function expectExchangesAsIn(document: OpenApi): Promise<void> {
    const { id } = await api.create(access, created);
    await api.create(access, {
      ...created,
      environment: null,
      eventTypes: ['renewal'],
      authorization: undefined,
    });
    fake.webhooks.add({ url: 'https://other.example', app_id: 'app1' });
    await api.list(access);
    await api.update(access, id, { ...settings, environment: 'sandbox', appId: 'app1' });
    await fetch(`${fake.url}/v2/projects/proj1/integrations/webhooks/${id}`, {
      headers: { authorization: 'Bearer sk_fake' },
    });
    await api.delete(access, id);
    fake.permissions = [];
    const rejected = [
      await statusOf(api.list({ ...access, apiKey: 'sk_other' })),
      await statusOf(api.create(access, created)),
    ];
    fake.permissions = ['read', 'read_write'];
    rejected.push(await statusOf(api.delete(access, 'unknown')));
    expect(rejected).toEqual([401, 403, 404]);

    fake.customers.set('c/1', {
      aliases: ['c/1', '$RCAnonymousID:1', 'c2'],
      attributes: { $email: ['a@b.c', 5], city: [null, 6] },
    });
    const signal = AbortSignal.timeout(20_000);
    for (const list of ['aliases', 'attributes'])
      await client.list(access, `/customers/c%2F1/${list}`, { signal });
    await statusOf(client.list(access, '/customers/other/aliases', { signal }));

    const contract = new Contract(document);
    expect(fake.exchanges.map(({ method, status }) => `${method} ${status}`)).toEqual([
      ...['POST 201', 'POST 201', 'GET 200', 'GET 200', 'POST 200', 'GET 200', 'DELETE 200'],
      ...['GET 401', 'POST 403', 'DELETE 404'],
      ...['GET 200', 'GET 200', 'GET 200', 'GET 404'],
    ]);
    for (const exchange of fake.exchanges) {
      expect([exchange, contract.differences(exchange)]).toEqual([exchange, []]);
      for (const wrong of mutationsOf(exchange)) {
        expect([wrong, contract.differences(wrong)]).not.toEqual([wrong, []]);
      }
    }
  }
});
