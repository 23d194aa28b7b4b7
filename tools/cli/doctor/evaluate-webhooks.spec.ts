import { expectedWebhook, RevenueCatApiError, type RevenueCatWebhook } from '@app/revenuecat-api';
import { evaluateWebhooks, type WebhookInspection } from './evaluate-webhooks';

const url = 'https://hooks.example/v1/projects/shop/webhooks/revenuecat';
const webhook: RevenueCatWebhook = {
  ...{
    id: 'w1',
    name: 'ours',
    url,
    environment: 'production',
    eventTypes: null,
    appId: null,
    createdAtMs: 1,
  },
};
const rejected = {
  projectId: 'shop',
  outcome: 'unauthorized',
  count: 3,
  lastAtMs: 0,
  detail: 'It is short.',
};

const evaluate = (changes: Partial<WebhookInspection>) =>
  evaluateWebhooks({
    projectId: 'shop',
    webhooks: [webhook],
    expected: expectedWebhook('shop', { includeSandbox: false, eventTypes: ['RENEWAL'] }, [url]),
    isReachable: true,
    unauthorized: undefined,
    ...changes,
  }).map(({ level, found, action = '' }) => `${level} ${found} ${action}`);

describe('the evaluation of the webhooks of a project in RevenueCat', () => {
  it('accepts a webhook that sends what the integration needs', () => {
    expect(evaluate({})).toEqual([expect.stringMatching(/^ok w1 /)]);
  });

  it.each([
    ['the URL', [], /^error No webhook .* webhook create shop,/],
    ['the environment', [{ ...webhook, environment: 'sandbox' }], /^error w1: .* webhook update shop w1,/],
    ['the types', [{ ...webhook, eventTypes: ['renewal'] }], /^warning w1: .* webhook update shop w1,/],
    ['no second one', [webhook, { ...webhook, id: 'w2', createdAtMs: 2 }], /^error w2: .* delete shop w2,/],
  ])('finds that %s differs, with the command that corrects it', (_what, webhooks, finding) => {
    expect(evaluate({ webhooks })).toEqual([expect.stringMatching(finding)]);
  });

  it('finds another Authorization value by the webhooks that ingest rejected', () => {
    expect(evaluate({ unauthorized: rejected })).toEqual([
      expect.stringMatching(/^warning ingest rejected 3 .*1970-01-01T00:00:00.000Z: .* update shop w1\.$/),
    ]);
    expect(evaluate({ unauthorized: rejected, webhooks: [] })).toEqual([expect.stringMatching(/^error No/)]);
  });

  it.each([
    [401, /^error .*rejects the API key/],
    [403, /^warning .*lacks the permission project_configuration:integrations:read\b.* Create a key/],
    [404, /^error .*does not know the project/],
    [429, /^warning .*60 such requests a minute/],
    [undefined, /^warning .*failed: it is down.* Try again/],
  ])('explains a failure with status %s', (status, finding) => {
    const webhooks = new RevenueCatApiError('it is down', status, 1_000);
    expect(evaluate({ webhooks })).toEqual([expect.stringMatching(finding)]);
  });

  it('compares nothing with a URL that RevenueCat cannot reach', () => {
    expect(evaluate({ isReachable: false })).toEqual([
      expect.stringMatching(/^warning .*Set INGEST_PUBLIC_URL/),
    ]);
  });
});
