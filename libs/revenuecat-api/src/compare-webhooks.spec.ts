import { compareWebhooks, expectedWebhook, type ExpectedWebhook, isReachable } from './compare-webhooks';
import { type RevenueCatWebhook } from './webhooks-api';

const url = 'https://hooks.example/v1/projects/shop/webhooks/revenuecat';
const eventTypes = ['INITIAL_PURCHASE', 'RENEWAL'];
const expected = expectedWebhook('shop', { includeSandbox: false, eventTypes }, [url]);

let created = 0;
const webhook = (settings: Partial<RevenueCatWebhook> = {}): RevenueCatWebhook => {
  created += 1;
  const given = { environment: 'production', eventTypes: null, appId: null, ...settings };
  return { id: `w${created}`, name: `webhook ${created}`, url, createdAtMs: created, ...given };
};

const findings = (webhooks: RevenueCatWebhook[], other: Partial<ExpectedWebhook> = {}) =>
  compareWebhooks(webhooks, { ...expected, ...other }).map(
    ({ kind, severity, fix }) => `${kind} ${severity} ${fix ?? 'none'}`,
  );

describe("the comparison of RevenueCat's webhooks with the integration", () => {
  it('finds nothing if our webhook sends all events to the URL of the project', () => {
    expect(findings([webhook(), webhook({ url: 'https://other.example' })])).toEqual([]);
    expect(findings([webhook({ url: url.replace('hooks.example', 'HOOKS.example:443') })])).toEqual([]);
  });

  it.each([`${url}/`, url.replace('/v1/', '//v1/'), `${url}#top`])(
    'counts %s as ours, as ingest does',
    (same) => {
      expect(findings([webhook({ url: same })])).toEqual([]);
      expect(findings([webhook(), webhook({ url: same })])).toEqual(['duplicate problem delete']);
    },
  );

  it('finds that ours is missing, whatever other webhooks exist', () => {
    expect(findings([])).toEqual(['missing problem create']);
    const others = ['not a url', url.toUpperCase(), `${url}?project=shop`, url.replace('https', 'http')];
    expect(findings(others.map((other) => webhook({ url: other })))).toEqual(['missing problem create']);
  });

  it('names the webhook that was created here and sends to another URL, without the secrets in it', () => {
    const moved = webhook({ name: 'revenuecat-statsig shop', url: 'https://old.example/in?token=secret' });
    const [finding] = compareWebhooks([webhook({ url: 'https://other.example' }), moved], expected);
    expect(finding).toMatchObject({ kind: 'missing', fix: 'create' });
    expect(finding?.text).toContain(
      `"revenuecat-statsig shop" (${moved.id}) sends to another URL at https://old.example:`,
    );
    expect(finding?.text).not.toContain('secret');
  });

  it.each([
    ['production', null, ['environment problem update']],
    ['sandbox', null, ['environment problem update']],
    [null, null, []],
    ['production', 'production', []],
    ['sandbox', 'production', ['environment problem update']],
    [null, 'production', ['environment notice update']],
    ['a new one', 'production', ['environment problem update']],
  ] as const)('compares the environment %s with %s', (environment, wanted, found) => {
    expect(findings([webhook({ environment })], { environment: wanted })).toEqual(found);
  });

  it.each([
    [null, ['*'], []],
    [['initial_purchase', 'renewal'], ['INITIAL_PURCHASE'], ['event_types notice update']],
    [['initial_purchase'], ['INITIAL_PURCHASE', 'RENEWAL'], ['event_types problem update']],
    [['initial_purchase'], ['*'], ['event_types problem update']],
    [['initial_purchase'], ['PAYWALL_*'], ['event_types problem update']],
  ])('compares the event types %j with %j', (eventTypes, selected, found) => {
    expect(findings([webhook({ eventTypes })], { eventTypes: selected })).toEqual(found);
  });

  it('names the event types that are missing', () => {
    const [finding] = compareWebhooks([webhook({ eventTypes: ['renewal'] })], expected);
    expect(finding?.text).toContain('INITIAL_PURCHASE');
    expect(finding?.text).not.toContain('RENEWAL');
  });

  it('finds a webhook that is limited to an app, and accepts one webhook for each app', () => {
    expect(findings([webhook({ appId: 'a' })])).toEqual(['app problem update']);
    expect(findings([webhook({ appId: 'a' }), webhook({ appId: 'b' })])).toEqual([
      'app notice none',
      'app notice none',
    ]);
  });

  it.each([
    [{}, {}, ['newer delete']],
    [{}, { environment: null }, ['newer delete']],
    [{ appId: 'a' }, {}, ['older delete']],
    [{ appId: 'a', environment: null }, {}, ['older delete']],
    [{}, { appId: 'a' }, ['newer delete']],
    [{ eventTypes: ['renewal'] }, {}, ['older delete']],
    [{ eventTypes: ['renewal'] }, { eventTypes: ['renewal', 'transfer'] }, ['older delete']],
    [{ eventTypes: ['renewal'] }, { eventTypes: ['renewal'] }, ['newer delete']],
    [{ eventTypes: ['renewal'] }, { eventTypes: ['transfer'] }, []],
    [{ eventTypes: ['renewal'] }, { appId: 'a' }, ['older update']],
    [{ appId: 'a' }, { eventTypes: ['renewal'] }, ['newer update']],
    [{ eventTypes: [] }, {}, []],
    [{}, { eventTypes: [] }, []],
    [{ environment: 'production' }, { environment: 'sandbox' }, []],
    [{ environment: null }, { environment: 'sandbox' }, ['newer delete']],
    [{ environment: 'sandbox' }, { environment: null }, ['older delete']],
    [{ appId: 'a' }, { appId: 'b' }, []],
  ])('finds which of %j and %j sends nothing but what the other one sends: %j', (one, other, found) => {
    const older = webhook(one);
    const newer = webhook(other);
    const duplicates = compareWebhooks([newer, older], expected).filter(({ kind }) => kind === 'duplicate');
    expect(
      duplicates.map(
        ({ webhookId, fix }) => `${webhookId === older.id ? 'older' : 'newer'} ${fix ?? 'none'}`,
      ),
    ).toEqual(found);
  });

  it('counts the default URL as ours for the default project', () => {
    const urls = [url, 'https://hooks.example/v1/webhooks/revenuecat'];
    expect(findings([webhook({ url: urls[1] ?? '' })], { urls })).toEqual([]);
    expect(
      findings(
        urls.map((one) => webhook({ url: one })),
        { urls },
      ),
    ).toEqual(['duplicate problem delete']);
  });
});

it.each([
  ['http://127.0.0.1:8080/v1', 'https://api.revenuecat.com', false],
  ['http://[::1]:8080/v1', 'https://api.revenuecat.com', false],
  ['http://localhost:8080/v1', 'http://127.0.0.1:9000', true],
  [url, 'https://api.revenuecat.com', true],
])('whether %s can be reached from %s: %s', (webhookUrl, apiUrl, expectedResult) => {
  expect(isReachable(webhookUrl, apiUrl)).toBe(expectedResult);
});
