import { type WebhookCredentialsStore } from '@app/integrations';
import { WebhookEndpoints } from './webhook-endpoints';

/** A store in which no project has credentials. */
function emptyStore() {
  const createIfMissing = jest.fn().mockResolvedValue(true);
  const store = { readAll: () => Promise.resolve({}), createIfMissing };
  return { createIfMissing, store: store as unknown as WebhookCredentialsStore };
}

describe('the webhook endpoint of a project without credentials', () => {
  it.each(['shop', 'constructor', '__proto__', 'toString'])('gets some, whatever its id: %s', async (id) => {
    const { createIfMissing, store } = emptyStore();
    const endpoints = new WebhookEndpoints(undefined, store, 'https://hooks.example/');
    expect(await endpoints.show(id)).toMatchObject({
      url: `https://hooks.example/v1/projects/${id}/webhooks/revenuecat`,
      origin: 'none',
      problem: null,
    });
    expect(await endpoints.createIfMissing(id)).toMatch(/^Bearer /);
    expect(createIfMissing).toHaveBeenCalledTimes(1);
  });
});
