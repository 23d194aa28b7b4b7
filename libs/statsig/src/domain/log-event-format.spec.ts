import { type Attribute, attributesOf, type JsonObject, type RevenueCatEvent } from '@app/revenuecat';
import fc from 'fast-check';
import { limits } from './limits';
import { type LogEventOptions, logEvent } from './log-event-format';
import { attributesTruncatedKey } from './metadata';

const purchase: JsonObject = {
  app_user_id: 'u',
  original_app_user_id: '$RCAnonymousID:1',
  price: 9.99,
  country_code: 'DE',
  environment: 'PRODUCTION',
};

const defaults: LogEventOptions = {
  naming: 'received',
  revenue: 'gross',
  userId: 'u',
  customIds: { rcOriginal: 'original_app_user_id' },
  sandboxTier: 'development',
};

function logged(fields: JsonObject, options: Partial<LogEventOptions> = {}, type = 'RENEWAL'): JsonObject {
  const event: RevenueCatEvent = { id: 'e1', type, fields: { ...purchase, ...fields } };
  const result = logEvent(event, attributesOf(event), 1_700_000_000_000, { ...defaults, ...options });
  if (result.kind !== 'event') throw new Error(result.detail);
  return JSON.parse(result.body) as JsonObject;
}

describe("an event of Statsig's events API", () => {
  it('has name, value, time, user and metadata', () => {
    expect(logged({})).toEqual({
      eventName: 'RENEWAL',
      value: 9.99,
      time: 1_700_000_000_000,
      user: {
        userID: 'u',
        customIDs: { rcOriginal: '$RCAnonymousID:1' },
        country: 'DE',
        statsigEnvironment: { tier: 'production' },
      },
      metadata: expect.objectContaining({ revenuecat_event_id: 'e1', price: '9.99' }) as unknown,
    });
  });

  it.each([
    ['a refund', -9.99, -9.99],
    ['a trial', 0, 0],
    ['no price', null, undefined],
    ['a price as text', '9.99', undefined],
  ])('has the price in USD as its value: %s', (_what, price, value) => {
    expect(logged({ price })['value']).toBe(value);
  });

  it('says in its metadata what its value is, and its price before and after commission and tax', () => {
    const percentages = { commission_percentage: 0.15, tax_percentage: 0.19 };
    expect(logged(percentages, { revenue: 'after_commission' })).toMatchObject({
      value: 8.4915,
      metadata: { rc_value_basis: 'after_commission', rc_gross_usd: '9.99', rc_proceeds_usd: '6.5934' },
    });
    const { value, metadata } = logged({}, { revenue: 'after_commission' });
    expect(value).toBe(9.99);
    expect(metadata).toMatchObject({ rc_value_basis: 'gross_percentages_missing', rc_gross_usd: '9.99' });
    expect(metadata).not.toHaveProperty('rc_proceeds_usd');
    expect(logged({ price: null })['metadata']).not.toHaveProperty('rc_value_basis');
  });

  it.each([
    ['received', 'my [paywall] $5;\n', 'my _paywall_ _5__'],
    ['received', 'toString', 'toString'],
    ['received', 'é'.repeat(100), 'é'.repeat(64)],
    ['received', '', 'unknown'],
  ] as const)('is named by %j: %s', (naming, type, name) => {
    expect(logged({}, { naming }, type)['eventName']).toBe(name);
  });

  it.each([['SANDBOX'], ['sandbox']])('never counts %s as production', (environment) => {
    expect(logged({ environment })['user']).toMatchObject({ statsigEnvironment: { tier: 'development' } });
    const virtual = { environment: null, purchase_environment: environment };
    expect(logged(virtual, { sandboxTier: 'staging' })['user']).toMatchObject({
      statsigEnvironment: { tier: 'staging' },
    });
  });

  it("sends the user's attributes, and the e-mail address separately", () => {
    const fields = { subscriber_attributes: { $email: { value: 'a@b.c' }, 'my.plan': { value: 'gold' } } };
    expect(logged(fields)['user']).toMatchObject({ email: 'a@b.c', custom: { my_plan: 'gold' } });
  });

  it.each([
    ['hashed', 'f'.repeat(64)],
    ['longer than a user id can be', `${'x'.repeat(200)}@example.com`],
  ])("sends an e-mail address that is %s as an attribute, not as the user's address", (_what, value) => {
    const { user } = logged({ subscriber_attributes: { $email: { value }, email: { value: 'own' } } });
    expect(user).toMatchObject({ custom: { email: value, email_2: 'own' } });
    expect(user).not.toHaveProperty('email');
  });

  it('keeps both of two attributes whose names become the same', () => {
    const fields = {
      subscriber_attributes: { $displayName: { value: 'Maya' }, displayName: { value: 'maya' } },
    };
    const { user, metadata } = logged(fields);
    expect(user).toMatchObject({ custom: { displayName: 'Maya', displayName_2: 'maya' } });
    expect(metadata).not.toHaveProperty(attributesTruncatedKey);
  });

  it.each<[string, JsonObject]>([
    ['too long', { long: { value: 'x'.repeat(5_000) } }],
    ['too long together', { a: { value: 'x'.repeat(2_500) }, b: { value: 'x'.repeat(2_500) } }],
    ['not text', { a: { value: 7 } }],
    ['without a well-formed name', { '\ud800': { value: 'x' } }],
  ])('reports attributes that are trimmed because they are %s', (_what, attributes) => {
    expect(logged({ subscriber_attributes: attributes })['metadata']).toMatchObject({
      [attributesTruncatedKey]: 'true',
    });
  });

  it('has no custom id from text that was not well-formed, because different texts would become the same id', () => {
    const fields = { subscriber_attributes: { $amplitudeUserId: { value: 'amp\ud800' } } };
    const { user } = logged(fields, { customIds: { amplitude: '$amplitudeUserId' } });
    expect(user).not.toHaveProperty('customIDs');
    expect(user).toMatchObject({ custom: { amplitudeUserId: 'amp\ufffd' } });
  });

  it('reads custom ids from ids and attributes, and sends no absent ones', () => {
    const customIds = { anon: 'anonymous_id', amplitude: '$amplitudeUserId', none: 'toString' };
    const fields = { subscriber_attributes: { $amplitudeUserId: { value: 'amp-1' } } };
    expect(logged(fields, { customIds })['user']).toMatchObject({
      customIDs: { anon: '$RCAnonymousID:1', amplitude: 'amp-1' },
    });
  });

  it.each(['original_transaction_id', 410_000_123_456_789])(
    'reads a custom id from the original transaction id %j',
    (original_transaction_id) => {
      const customIds = { transaction: 'original_transaction_id' };
      expect(logged({ original_transaction_id }, { customIds })['user']).toMatchObject({
        customIDs: { transaction: String(original_transaction_id) },
      });
    },
  );

  it('can have custom ids only', () => {
    const event: RevenueCatEvent = { id: 'e1', type: 'RENEWAL', fields: purchase };
    const result = logEvent(event, new Map(), 0, { ...defaults, userId: undefined });
    const { user } = JSON.parse(result.kind === 'event' ? result.body : '{}') as JsonObject;
    expect(result).toMatchObject({ kind: 'event', hasUserId: false });
    expect(user).toMatchObject({ customIDs: { rcOriginal: '$RCAnonymousID:1' } });
    expect(user).not.toHaveProperty('userID');
  });

  it('requires a valid customer id', () => {
    const nameless: RevenueCatEvent = { id: 'e1', type: 'RENEWAL', fields: {} };
    for (const userId of [undefined, 'x'.repeat(200)])
      expect(logEvent(nameless, new Map(), 0, { ...defaults, userId })).toMatchObject({ kind: 'no_user' });
  });

  it('reports what is trimmed or changed, and why', () => {
    const attribute = (value: string): JsonObject => ({ value, updated_at_ms: 1 });
    const fields: JsonObject = {
      original_app_user_id: 'x'.repeat(129),
      subscriber_attributes: {
        a: attribute('fits'),
        b: attribute('x'.repeat(4_096)),
        c: { value: 7 },
        mail: attribute('\ufffd'),
      },
    };
    const event: RevenueCatEvent = { id: 'e1', type: 'RENEWAL', fields: { ...purchase, ...fields } };
    const result = logEvent(event, attributesOf(event), 1_700_000_000_000, {
      ...defaults,
      naming: { RENEWAL: 'a#b' },
      customIds: { original: 'original_app_user_id', mail: 'mail', absent: 'absent' },
    });
    expect(result).toMatchObject({
      trimmed: [
        { part: 'event_name', name: 'a#b', cause: 'characters' },
        { part: 'custom_id', name: 'original', cause: 'length' },
        { part: 'custom_id', name: 'mail', cause: 'not_text' },
        { part: 'attribute', name: 'b', cause: 'size' },
        { part: 'attribute', name: 'c', cause: 'not_text' },
      ],
    });
  });

  it('reports nothing for an event that is sent completely', () => {
    const event: RevenueCatEvent = { id: 'e1', type: 'RENEWAL', fields: purchase };
    expect(logEvent(event, new Map(), 1_700_000_000_000, defaults)).toMatchObject({ trimmed: [] });
  });

  it("keeps the user within Statsig's limit for any attributes", () => {
    const attributes = fc.dictionary(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.record({ value: fc.string({ unit: 'binary', maxLength: 3_000 }), updatedAtMs: fc.nat() }),
    );
    fc.assert(
      fc.property(attributes, (given) => {
        const event: RevenueCatEvent = { id: 'e1', type: 'RENEWAL', fields: purchase };
        const result = logEvent(event, new Map<string, Attribute>(Object.entries(given)), 0, defaults);
        const { user, metadata } = JSON.parse(result.kind === 'event' ? result.body : '{}') as {
          user: { email?: string; custom?: object };
          metadata: JsonObject;
        };
        expect(JSON.stringify(user).length).toBeLessThanOrEqual(limits.userLength);
        // Either every attribute is sent, or the metadata reports that some are missing.
        const sent = Object.keys(user.custom ?? {}).length + (user.email === undefined ? 0 : 1);
        expect(metadata[attributesTruncatedKey] === 'true').toBe(sent < Object.keys(given).length);
      }),
    );
  });
});
