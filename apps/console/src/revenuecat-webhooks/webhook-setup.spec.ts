import { type Integration, integrationSchema } from '@app/integrations';
import { RevenueCatApiError, type RevenueCatWebhook, type WebhooksApi } from '@app/revenuecat-api';
import { HttpException } from '@nestjs/common';
import { type WebhookEndpoints } from '../integrations/webhook-endpoints';
import { WebhookSetup } from './webhook-setup';

const integration: Integration = integrationSchema.parse({
  ...{ projectId: 'shop', serverSecret: 'secret', lookup: { revenueCatProjectId: 'proj1', apiKey: 'sk_1' } },
});

const ourUrl = 'https://hooks.example/v1/projects/shop/webhooks/revenuecat';

type Api = Pick<WebhooksApi, 'list' | 'create'>;

function setup({ list = () => Promise.resolve([]), create }: Partial<Api>) {
  const createIfMissing = jest.fn().mockResolvedValue('Bearer new');
  const endpoints = {
    createIfMissing,
    urlsOf: () => [ourUrl],
    credentialsOf: () => Promise.resolve({ authorizations: ['Bearer new'], signingSecrets: [] }),
  } as unknown as WebhookEndpoints;
  const api = { list, create } as unknown as WebhooksApi;
  const integrations = { findCurrent: () => Promise.resolve({ kind: 'ready' as const, integration }) };
  const options = { defaultProjectId: 'default', apiUrl: 'https://api.revenuecat.com' };
  return { createIfMissing, webhooks: new WebhookSetup(integrations, endpoints, api, options) };
}

async function failureOf(work: Promise<unknown>): Promise<{ status: number; message: string }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpException)) throw new Error('it has not failed', { cause: error });
  return { status: error.getStatus(), message: error.message };
}

const rejecting =
  (status: number | undefined, message = `RevenueCat responded with ${status}.`) =>
  () =>
    Promise.reject(new RevenueCatApiError(message, status, 7_000));

describe('creating the webhook in RevenueCat', () => {
  it('creates an Authorization value for an endpoint without credentials only if RevenueCat can be asked', async () => {
    const refused = setup({ list: rejecting(403) });
    await failureOf(refused.webhooks.create('shop'));
    expect(refused.createIfMissing).not.toHaveBeenCalled();

    const create = jest
      .fn()
      .mockImplementation((_access, settings: Partial<RevenueCatWebhook>) =>
        Promise.resolve({ id: 'w1', createdAtMs: 1, ...settings }),
      );
    const accepted = setup({ create });
    expect((await accepted.webhooks.create('shop')).findings).toEqual([]);
    expect(accepted.createIfMissing).toHaveBeenCalledWith('shop');
    expect(create.mock.calls).toMatchObject([
      [{}, { name: 'revenuecat-statsig shop', authorization: 'Bearer new' }],
    ]);
  });

  it('creates none if others have created one since the first look', async () => {
    const theirs = { id: 'w1', name: 'by hand', url: ourUrl, createdAtMs: 1 };
    const list = jest
      .fn<Promise<RevenueCatWebhook[]>, []>()
      .mockResolvedValueOnce([])
      .mockResolvedValue([{ ...theirs, environment: null, eventTypes: null, appId: null }]);
    const create = jest.fn();
    const failure = await failureOf(setup({ list, create }).webhooks.create('shop'));
    expect(failure).toEqual({
      status: 409,
      message: expect.stringContaining('update it instead') as unknown,
    });
    expect(create).not.toHaveBeenCalled();
  });

  it('makes the changes of a project one after another, also after one has failed', async () => {
    const all: RevenueCatWebhook[] = [];
    const create = jest
      .fn()
      .mockImplementationOnce(rejecting(500))
      .mockImplementation((_access, settings: RevenueCatWebhook) => {
        const created = { ...settings, id: `w${all.length}`, createdAtMs: 1 };
        all.push(created);
        return Promise.resolve(created);
      });
    const { webhooks } = setup({ list: () => Promise.resolve([...all]), create });
    const results = await Promise.allSettled([1, 2, 3].map(() => webhooks.create('shop')));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    expect(all).toHaveLength(1);
  });

  it.each([
    [400, 409, /does not accept the settings.*dashboard/],
    [401, 409, /rejects the API key.*read_write.*dashboard/],
    [403, 409, /lacks the permission.*read_write.*dashboard/],
    [404, 409, /does not know the project.*project id/],
    [409, 409, /Another webhook has the name/],
    [422, 409, /does not accept the settings.*dashboard/],
    [423, 503, /check before you repeat it/],
    [429, 503, /Try again in 7 s/],
    [500, 503, /Try again.*dashboard.*check before you repeat it/],
    [503, 503, /Try again.*dashboard.*check before you repeat it/],
    [undefined, 503, /Try again.*dashboard.*check before you repeat it/],
  ])('explains the status %s of RevenueCat, and responds with %s', async (status, expected, text) => {
    const failure = await failureOf(setup({ create: rejecting(status) }).webhooks.create('shop'));
    expect(failure).toEqual({ status: expected, message: expect.stringMatching(text) as unknown });
    expect(failure.message).not.toMatch(/sk_1|Bearer/);
  });
});
