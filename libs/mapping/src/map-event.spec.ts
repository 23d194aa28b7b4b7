import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeDelivery, encodeDelivery } from '@app/delivery';
import { join, emptyProfile, observe, type Profile } from '@app/identity';
import { type JsonObject } from '@app/revenuecat';
import fc from 'fast-check';
import {
  anIntegration,
  bodiesOf,
  deliveriesOf,
  envelopeOf,
  eventBody,
  eventsOf,
  keysOf,
  map,
  orderKey,
  receivedAtMs,
} from '../test/mapping.builder';
import { type MappingResult, mapEvent } from './map-event';

const knowing = (
  aliases: string[],
  attributes: Record<string, [string, number]> = {},
  original?: string,
): Profile => ({
  aliases: new Set(aliases),
  attributes: new Map(
    Object.entries(attributes).map(([name, [value, updatedAtMs]]) => [name, { value, updatedAtMs }]),
  ),
  ...(original !== undefined && { original: { value: original, atMs: 1 } }),
  ...orderKey(`order-${aliases[0] ?? ''}`),
});

describe('mapping an event', () => {
  it('sends an event that has everything that is known byte for byte', () => {
    const text = JSON.stringify(eventBody({ price: 1, new_field: { deep: [1.5] } })).replace(
      '"price":1',
      '"price": 1.00',
    );
    expect(deliveriesOf(map(text))[0]?.body).toBe(text);
  });

  it("sends the ten types of RevenueCat's own integration, and filters all others", () => {
    for (const type of ['INITIAL_PURCHASE', 'TRANSFER', 'PRODUCT_CHANGE']) {
      expect(map(eventBody({ type, transferred_from: ['a'], transferred_to: ['b'] })).kind).toBe('mapped');
    }
    for (const type of ['TEST', 'REFUND_REVERSED', 'BRAND_NEW', 'PURCHASE_REDEEMED', '']) {
      expect(map(eventBody({ type }))).toMatchObject({ kind: 'filtered', reason: 'type_not_selected' });
      expect(map(eventBody({ type }), { eventTypes: ['*'] }).kind).toBe('mapped');
    }
  });

  it('selects paywall events by their fields, whatever their type', () => {
    const paywall = eventBody({ type: 'Saw the wall', paywall_id: 'p', event_id: 'x' });
    expect(map(paywall).kind).toBe('filtered');
    expect(map(paywall, { eventTypes: ['PAYWALL_*'] }).kind).toBe('mapped');
  });

  it('filters sandbox events unless the integration includes them', () => {
    const sandboxes: JsonObject[] = [
      { environment: 'SANDBOX' },
      { environment: null, purchase_environment: 'SANDBOX' },
    ];
    for (const sandbox of sandboxes) {
      expect(map(eventBody(sandbox))).toMatchObject({ kind: 'filtered', reason: 'sandbox_excluded' });
      expect(map(eventBody(sandbox), { includeSandbox: true }).kind).toBe('mapped');
    }
  });

  it('filters out what a filter matches, and names the filter', () => {
    const filters = { products: { exclude: ['com.app.lifetime*'] }, stores: { include: ['app_store'] } };
    const body = eventBody({ product_id: 'com.app.lifetime.v2', store: 'APP_STORE' });
    expect(map(body, { filters })).toMatchObject({
      kind: 'filtered',
      reason: 'filtered_by_rule',
      rule: 'products.exclude "com.app.lifetime*"',
    });
    expect(map(eventBody({ store: 'APP_STORE' }), { filters }).kind).toBe('mapped');
    expect(map(eventBody(), { filters })).toMatchObject({
      rule: 'stores.include (has no store)',
      detail: 'The filter stores.include (has no store) of the integration filters this event out.',
    });
  });

  const fixtures = path.resolve(__dirname, '../../testing/fixtures/webhooks');

  it.each(readdirSync(fixtures))(
    'sends %s with a filter by product only if it is about a customer',
    (file) => {
      const body = JSON.parse(readFileSync(path.join(fixtures, file), 'utf8')) as { event: JsonObject };
      const filters = { products: { include: ['other'] } };
      const mapped = map(body, { eventTypes: ['*'], includeSandbox: true, filters });
      const isAboutCustomer =
        /^(transfer|subscriber-alias|experiment|paywall|temporary-entitlement-grant)/.test(file);
      expect([file, mapped.kind]).toEqual([file, isAboutCustomer ? 'mapped' : 'filtered']);
    },
  );

  it('sends what is known of purchases as properties of the user, if they are selected', () => {
    const body = eventBody({
      product_id: 'plus.monthly',
      store: 'APP_STORE',
      period_type: 'TRIAL',
      entitlement_ids: ['plus'],
      original_transaction_id: '1',
      expiration_at_ms: Date.UTC(2026, 1, 1),
      experiments: [{ experiment_id: 'prexp1', experiment_variant: 'b' }],
      subscriber_attributes: { rc_store: { value: 'mine', updated_at_ms: 1 } },
    });
    const settings = {
      format: 'log_event' as const,
      userProperties: ['experiments' as const, 'status' as const, 'entitlements' as const],
    };
    expect(bodiesOf(map(body, settings))[0]).toMatchObject({
      user: {
        custom: {
          rc_subscription_status: 'trial',
          rc_active_entitlements: ['plus'],
          rc_experiment_prexp1: 'b',
          rc_store: 'mine',
        },
      },
    });
    const all = map(body, { ...settings, userProperties: ['product', 'store'] });
    expect(bodiesOf(all)[0]).toMatchObject({
      user: { custom: { rc_product_id: 'plus.monthly', rc_store: 'APP_STORE', rc_store_2: 'mine' } },
    });
    expect(bodiesOf(map(body, { format: 'log_event' }))[0]).toMatchObject({
      user: { custom: { rc_store: 'mine' } },
    });
    const asReceived = map(body, { format: 'revenuecat', userProperties: ['status'] });
    expect(bodiesOf(asReceived)).toEqual([body]);
  });

  it('filters by the environment that the event counts as', () => {
    const settings = {
      includeSandbox: true,
      filters: { environments: { exclude: ['PRODUCTION' as const] } },
    };
    const enrollment = eventBody({ environment: null });
    const tester = { ...emptyProfile, environment: { value: 'SANDBOX', atMs: 1 } };
    expect(map(enrollment, settings, [tester]).kind).toBe('mapped');
    expect(map(enrollment, settings, [emptyProfile])).toMatchObject({
      rule: 'environments.exclude "PRODUCTION"',
    });
  });

  it.each(['TEST', ' sandbox', 'prod', { name: 'PRODUCTION' }])(
    'never counts an event of the environment %j as production',
    (environment) => {
      const body = eventBody({ environment });
      expect(map(body)).toMatchObject({ kind: 'filtered', reason: 'sandbox_excluded' });
      const [delivery] = deliveriesOf(map(body, { includeSandbox: true }));
      expect(delivery?.environment).toBe('SANDBOX');
      expect(eventsOf(map(body, { includeSandbox: true }))[0]).toMatchObject({ environment: 'SANDBOX' });
      const [logged] = bodiesOf(map(body, { includeSandbox: true, format: 'log_event' }));
      expect(logged).toMatchObject({ user: { statsigEnvironment: { tier: 'development' } } });
    },
  );

  it.each(['revenuecat', 'log_event'] as const)(
    'uses the last environment of the customer for an event that states none, in format %s',
    (format) => {
      const enrollment = eventBody({ type: 'EXPERIMENT_ENROLLMENT', environment: null });
      const after = (value: string) => [{ ...emptyProfile, environment: { value, atMs: 1 } }];
      const settings = { format, eventTypes: ['*'] };
      expect(map(enrollment, settings, after('PRODUCTION')).kind).toBe('mapped');
      expect(map(enrollment, settings, [emptyProfile]).kind).toBe('mapped');
      const ofTester = map(enrollment, settings, after('SANDBOX'));
      expect(ofTester).toMatchObject({ kind: 'filtered', reason: 'sandbox_excluded' });
      const [sent] = bodiesOf(map(enrollment, { ...settings, includeSandbox: true }, after('SANDBOX')));
      expect(sent).toMatchObject(
        format === 'log_event'
          ? { user: { statsigEnvironment: { tier: 'development' } } }
          : { event: { environment: 'SANDBOX' } },
      );
    },
  );

  it('drops device ids, IP address, phone number and push tokens unless they are allowed', () => {
    const attribute = (value: string): JsonObject => ({ value, updated_at_ms: 5 });
    const fields = {
      subscriber_attributes: {
        $ip: attribute('1.2.3.4'),
        $idfa: attribute('A'),
        $fcmTokens: attribute('T'),
        $phoneNumber: attribute('1'),
        $email: attribute('a@b.c'),
        plan: attribute('gold'),
      },
    };
    const sent = (privacy: object): string[] =>
      Object.keys(eventsOf(map(eventBody(fields), { privacy }))[0]?.['subscriber_attributes'] as object);
    expect(sent({})).toEqual(['$email', 'plan']);
    expect(sent({ attributes: { $ip: 'keep', $email: 'drop' } })).toEqual(['$ip', 'plan']);
    expect(sent({ sensitiveAttributes: 'keep' })).toHaveLength(6);
    const hashed = map(eventBody(fields), {
      privacy: { attributes: { $email: 'hash' }, salt: 'salt of sixteen!' },
    });
    expect(JSON.stringify(eventsOf(hashed))).toMatch(/"\$email":\{"value":"[0-9a-f]{64}"/);
    expect(JSON.stringify(eventsOf(hashed))).not.toContain('a@b.c');
  });

  it.each(['revenuecat', 'log_event'] as const)(
    'reports attributes that are dropped or hashed, also known ones, in format %s',
    (format) => {
      const fields = {
        subscriber_attributes: {
          $ip: { value: '1.2.3.4', updated_at_ms: 5 },
          a: { value: 'x', updated_at_ms: 5 },
        },
      };
      const known = [knowing(['u'], { $email: ['a@b.c', 1], b: ['kept', 1] })];
      const privacy = { attributes: { $email: 'hash' as const }, salt: 'salt of sixteen!' };
      const mapped = map(eventBody(fields), { format, privacy }, known);
      expect(mapped).toMatchObject({
        deliveries: [
          {
            trimmed: [
              { part: 'attribute', name: '$ip', cause: 'dropped' },
              { part: 'attribute', name: '$email', cause: 'hashed' },
            ],
          },
        ],
      });
    },
  );

  it.each<[string, string]>([
    [
      'the event',
      '{"event":{"subscriber_attributes":{"$ip":"1.2.3.4"}},"event":{"id":"e1","type":"RENEWAL"}}',
    ],
    [
      'the attributes',
      '{"event":{"id":"e1","type":"RENEWAL","subscriber_attributes":{"$ip":"1.2.3.4"},"subscriber_attributes":{}}}',
    ],
    [
      'an attribute',
      '{"event":{"id":"e1","type":"RENEWAL","subscriber_attributes":{"$ip":"1.2.3.4","$ip":null}}}',
    ],
    [
      'its value',
      '{"event":{"id":"e1","type":"RENEWAL","subscriber_attributes":{"$ip":{"value":"1.2.3.4","value":""}}}}',
    ],
  ])('drops attributes that must not be sent from every copy of %s', (_what, text) => {
    for (const known of [[], [knowing(['u'], { plan: ['gold', 1] })]]) {
      const sent = deliveriesOf(map(text, {}, known))[0]?.body;
      expect(sent).not.toContain('1.2.3.4');
      expect(sent).toContain('"RENEWAL"');
    }
  });

  it('hashes an e-mail address in every place in which it is sent', () => {
    const fields = { subscriber_attributes: { $email: { value: 'a@b.c', updated_at_ms: 5 } } };
    const privacy = { attributes: { $email: 'hash' as const }, salt: 'salt of sixteen!' };
    const customIds = { mail: '$email' };
    const [sent] = bodiesOf(map(eventBody(fields), { privacy, customIds, format: 'log_event' }));
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown;
    expect(sent?.['user']).toMatchObject({ customIDs: { mail: hash }, custom: { email: hash } });
    expect(sent?.['user']).not.toHaveProperty('email');
    expect(JSON.stringify(sent)).not.toContain('a@b.c');
  });

  it('sends the current value of an attribute after a wrong clock stamped an older one in the future', () => {
    const of = (time: string, value: string, updatedAtMs: number) =>
      eventBody({
        event_timestamp_ms: Date.parse(time),
        subscriber_attributes: { plan: { value, updated_at_ms: updatedAtMs } },
      });
    const wrong = of('2026-01-01T00:00:00Z', 'from-wrong-clock', Date.UTC(2035, 0));
    const right = of('2026-01-02T00:00:00Z', 'now', Date.UTC(2026, 0, 1, 23));
    const behind = of('2026-01-02T00:00:00Z', 'now', Date.UTC(2001, 0));
    const [sent] = eventsOf(map(wrong));
    expect(sent?.['subscriber_attributes']).toEqual({
      plan: { value: 'from-wrong-clock', updated_at_ms: Date.parse('2026-01-01T00:00:00Z') },
    });
    const [learned] = observe(envelopeOf(wrong).event);
    for (const later of [right, behind]) {
      const [event] = eventsOf(map(later, {}, [learned?.learned ?? emptyProfile]));
      expect(event?.['subscriber_attributes']).toMatchObject({ plan: { value: 'now' } });
    }
    const known = observe(envelopeOf(right).event).reduce((all, { learned: more }) => join(all, more), learned?.learned ?? emptyProfile); // prettier-ignore
    expect(known.attributes.get('plan')?.value).toBe('now');
  });

  it.each([
    ['app_user_id', '$RCAnonymousID:2'],
    ['best_known', 'user'],
    ['original_app_user_id', '$RCAnonymousID:1'],
  ] as const)('names the user by the rule %s, in both formats', (identity, id) => {
    const body = eventBody({
      app_user_id: '$RCAnonymousID:2',
      original_app_user_id: '$RCAnonymousID:1',
      aliases: ['user'],
    });
    expect(eventsOf(map(body, { identity }))[0]?.['app_user_id']).toBe(id);
    expect(bodiesOf(map(body, { identity, format: 'log_event' }))[0]?.['user']).toMatchObject({ userID: id });
  });

  it.each([
    ['the year 4466', 78_789_789_798_798],
    ['before there were app stores', 5],
    ['text', '2026-01-01'],
    ['absent', null],
  ])("uses the time at which the event was received if the event's own time is %s", (_what, time) => {
    const [delivery] = deliveriesOf(map(eventBody({ event_timestamp_ms: time }), { format: 'log_event' }));
    expect(delivery?.eventTimeMs).toBe(receivedAtMs);
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({ time: receivedAtMs });
  });

  it('gives the deliveries of a replay their own ids', () => {
    const envelope = envelopeOf(eventBody());
    const mapped = mapEvent({
      envelope,
      known: [],
      isLookupMissing: false,
      integration: anIntegration(),
      receivedAtMs,
      replay: '2026',
    });
    expect(deliveriesOf(mapped)[0]).toMatchObject({ eventId: 'e1:replay-2026', sourceEventId: 'e1' });
    expect(bodiesOf(mapped)[0]).toMatchObject({ event: { id: 'e1:replay-2026' } });
  });

  it("uses the profile's order key for the deliveries of a customer", () => {
    const body = eventBody({ app_user_id: 'u', original_app_user_id: 'another original id' });
    expect(keysOf(map(body, {}, [{ ...emptyProfile, ...orderKey('first') }]))).toEqual(['default:first']);
  });

  it('uses the event id as the key of an event without a customer', () => {
    const nameless = eventBody({ app_user_id: 'guest', original_app_user_id: null, aliases: [] });
    expect(keysOf(map(nameless))).toEqual(['default:e1']);
  });

  it.each(['revenuecat', 'log_event'] as const)(
    'reads a numeric app user id as the same customer as its text, in format %s',
    (format) => {
      const ofId = (id: string | number) =>
        map(eventBody({ app_user_id: id, original_app_user_id: id, aliases: [id] }), { format });
      const [numeric, text] = [ofId(41_234_567_890), ofId('41234567890')];
      expect(keysOf(numeric)).toEqual(['default:41234567890']);
      expect(keysOf(numeric)).toEqual(keysOf(text));
      expect(deliveriesOf(numeric)[0]?.customer).toEqual(deliveriesOf(text)[0]?.customer);
      const [body] = bodiesOf(numeric);
      expect(body).toMatchObject(
        format === 'log_event'
          ? { user: { userID: '41234567890' } }
          : { event: { app_user_id: '41234567890' } },
      );
    },
  );

  it.each(['revenuecat', 'log_event'] as const)(
    'keeps all digits of numbers beyond 2^53, as ids too, in format %s',
    (format) => {
      const digits = ['12345678901234567890', '12345678901234567891'];
      const mapped = digits.map((id) => {
        const text = `{"event":{"id":${id},"type":"RENEWAL","app_user_id":${id},"transaction_id":${id},"aliases":[${id},"u"]}}`;
        return map(text, { format }, [knowing(['u', 'v'])]);
      });
      for (const [i, id] of digits.entries()) {
        const [delivery] = deliveriesOf(mapped[i] as MappingResult);
        expect(delivery).toMatchObject({ eventId: id, customer: { appUserId: id, aliases: [id, 'u', 'v'] } });
        if (format === 'log_event') {
          expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
            user: { userID: id },
            metadata: { transaction_id: id, revenuecat_event_id: id },
          });
        } else {
          expect(delivery?.body).toContain(`"transaction_id":${id}`);
          expect(delivery?.body).toContain(`"app_user_id":"${id}"`);
          expect(delivery?.body).toContain(`"aliases":["${id}","u","v"]`);
        }
      }
    },
  );

  it.each([null, '', 'undefined', 'NULL', ' ', 'a/b'])(
    'replaces an app user id that is %j with one of the other ids',
    (appUserId) => {
      const body = eventBody({
        app_user_id: appUserId,
        original_app_user_id: '$RCAnonymousID:1',
        aliases: ['$RCAnonymousID:1', 'case-user'],
      });
      expect(eventsOf(map(body))[0]).toMatchObject({ app_user_id: 'case-user' });
      expect(bodiesOf(map(body, { format: 'log_event' }))[0]).toMatchObject({
        user: { userID: 'case-user' },
      });
    },
  );

  it.each<[string, JsonObject, JsonObject]>([
    [
      'purchased after the event',
      { purchased_at_ms: Date.UTC(2026, 0, 1, 8) },
      { value: 9.99, time: Date.UTC(2026, 0, 1) },
    ],
    [
      'an invoice without a price',
      { type: 'INVOICE_ISSUANCE', price: null },
      { eventName: 'INVOICE_ISSUANCE' },
    ],
    ['a refund', { type: 'CANCELLATION', price: -9.99, cancel_reason: 'CUSTOMER_SUPPORT' }, { value: -9.99 }],
    ['of a lifetime', { type: 'NON_RENEWING_PURCHASE', expiration_at_ms: null }, { value: 9.99 }],
    [
      'granted until the year 2222',
      { type: 'NON_RENEWING_PURCHASE', price: 0, expiration_at_ms: 7_952_342_400_000 },
      { value: 0 },
    ],
  ])('maps an event that is %s', (_what, fields, expected) => {
    const [sent] = bodiesOf(map(eventBody(fields), { format: 'log_event', eventTypes: ['*'] }));
    expect(sent).toMatchObject(expected);
    expect('value' in (sent ?? {})).toBe('value' in expected);
  });

  it('never sends an ill-formed user id, which could be the same as another', () => {
    const of = (id: string, aliases: string[] = []) =>
      eventBody({ app_user_id: id, original_app_user_id: null, aliases });
    for (const format of ['revenuecat', 'log_event'] as const) {
      expect(map(of('maya\ud800'), { format })).toMatchObject({ kind: 'dead_letter', reason: 'no_user' });
      expect(deliveriesOf(map(of('maya\ud800', ['maya']), { format }))[0]?.customer.appUserId).toBe('maya');
    }
  });

  it('sends a name that is well-formed', () => {
    const named = map('{"event":{"id":"e1","type":"A\\ud800","app_user_id":"u"}}', { eventTypes: ['*'] });
    expect(eventsOf(named)[0]?.['type']).toBe('A\ufffd');
    expect(deliveriesOf(named)[0]?.type).toBe('A\ufffd');
  });

  it('reports that the lookup in RevenueCat is missing', () => {
    expect(deliveriesOf(map(eventBody()))[0]).not.toHaveProperty('enrichment');
    expect(deliveriesOf(map(eventBody(), {}, [], true))[0]?.enrichment).toBe('lookup_unavailable');
  });

  it('never sends a dropped attribute, whatever members are repeated or escaped', () => {
    const value = fc.constantFrom(
      '"secret"', 'null', '7', '{"value":"secret"}', '{"value":"secret","value":""}', '{"value":null,"old":"secret"}', '["secret"]',
    ); // prettier-ignore
    const membersOf = (names: string[], values: fc.Arbitrary<string>) =>
      fc
        .array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 4 })
        .map((members) => `{${members.map(([name, text]) => `"${name}":${text}`).join(',')}}`);
    const attributes = fc.oneof(
      membersOf(['$ip', '\\u0024ip'], value),
      fc.constantFrom('null', '"secret"', '{}'),
    );
    const events = membersOf(['subscriber_attributes', 'subscriber_attribute\\u0073'], attributes).map(
      (text) =>
        text === '{}' ? '{"id":"e1"}' : text.replace(/}$/, ',"id":"e1","type":"RENEWAL","app_user_id":"u"}'),
    );
    const envelopes = fc.tuple(
      fc.array(fc.tuple(fc.constantFrom('event', '\\u0065vent', 'x'), events)),
      events,
    );
    const known = [
      [],
      [knowing(['u'], { $ip: ['secret', 1] })],
      [knowing(['u', 'v'], { plan: ['gold', 1] })],
    ];
    fc.assert(
      fc.property(
        envelopes,
        fc.constantFrom(...known),
        fc.constantFrom('revenuecat', 'log_event'),
        ([copies, last], profiles, format) => {
          const members = [...copies.filter(([name]) => name !== 'x'), ['event', last] as const];
          const text = `{${members.map(([name, event]) => `"${name}":${event}`).join(',')}}`;
          const mapped = map(text, { format, eventTypes: ['*'] }, profiles);
          for (const { body } of mapped.kind === 'mapped' ? deliveriesOf(mapped) : [])
            expect(body).not.toContain('secret');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws, and makes only deliveries that the dispatcher can read, for any JSON under "event"', () => {
    const anything = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()));
    const known = 'aliases app_user_id original_app_user_id subscriber_attributes type id event_id price transferred_from transferred_to redeemed_by redeemed_from redemption_outcome event_timestamp_ms environment paywall_id'; // prettier-ignore
    const likely = fc.dictionary(
      fc.constantFrom(...known.split(' ')),
      fc.oneof(fc.jsonValue(), fc.constant('transfer')),
    );
    fc.assert(
      fc.property(fc.oneof(anything, likely), fc.constantFrom('revenuecat', 'log_event'), (event, format) => {
        const fields = { ...(event as object), id: 'e1' };
        const mapped = map({ event: fields }, { format, eventTypes: ['*'], includeSandbox: true });
        expect(['mapped', 'dead_letter']).toContain(mapped.kind);
        if (mapped.kind !== 'mapped') return;
        bodiesOf(mapped);
        for (const delivery of deliveriesOf(mapped)) decodeDelivery(encodeDelivery(delivery));
      }),
      { numRuns: 500 },
    );
  });
});

describe.each([
  ['TRANSFER', { transferred_from: ['$RCAnonymousID:1', 'giver'], transferred_to: ['taker'] }],
  ['PURCHASE_REDEEMED', { redeemed_from: ['giver'], redeemed_by: ['taker'], redemption_outcome: 'transfer' }],
])('mapping a %s', (type, sides) => {
  const moved = (fields: JsonObject = {}) => ({
    event: { id: 't1', type, event_timestamp_ms: 78_789_789_798_798, ...sides, ...fields },
  });
  const settings = { eventTypes: [type] };
  const known = [
    knowing(['giver', 'g2'], { plan: ['gold', 1], city: ['', 2] }, 'g-first'),
    knowing(['taker', 't2'], { plan: ['free', 1] }, 't-first'),
  ];

  it('makes two deliveries with their own ids, each with the data of its own side', () => {
    const mapped = map(moved(), settings, known);
    expect(deliveriesOf(mapped).map(({ eventId, sourceEventId }) => [eventId, sourceEventId])).toEqual([
      ['t1:from', 't1'],
      ['t1:to', 't1'],
    ]);
    expect(eventsOf(mapped)).toMatchObject([
      {
        id: 't1:from',
        app_user_id: 'giver',
        original_app_user_id: 'g-first',
        aliases: ['g2', 'giver'],
        subscriber_attributes: { plan: { value: 'gold', updated_at_ms: 1 } },
        ...sides,
      },
      {
        id: 't1:to',
        app_user_id: 'taker',
        original_app_user_id: 't-first',
        aliases: ['t2', 'taker'],
        subscriber_attributes: { plan: { value: 'free', updated_at_ms: 1 } },
      },
    ]);
    expect(keysOf(mapped)).toEqual(['default:order-giver', 'default:order-taker']);
  });

  it('never sends data of one side for the other', () => {
    const ofTaker = {
      app_user_id: 'taker',
      original_app_user_id: 'taker',
      aliases: ['t9'],
      subscriber_attributes: { secret: { value: 'of the taker', updated_at_ms: 1 } },
    };
    const [from, to] = eventsOf(map(moved(ofTaker), settings, known));
    expect(from).toMatchObject({
      app_user_id: 'giver',
      original_app_user_id: 'g-first',
      aliases: ['g2', 'giver'],
    });
    expect(JSON.stringify(from)).not.toMatch(/of the taker|t9/);
    expect(to).toMatchObject({
      original_app_user_id: 'taker',
      subscriber_attributes: { secret: { value: 'of the taker' } },
    });
    const [fromUnknown] = eventsOf(map(moved(ofTaker), settings, [emptyProfile, emptyProfile]));
    expect(fromUnknown).toMatchObject({ original_app_user_id: null, aliases: [], subscriber_attributes: {} });
  });

  it('reaches both users in format log_event too', () => {
    const users = bodiesOf(map(moved(), { ...settings, format: 'log_event' }, known)).map(({ user }) => user);
    expect(users).toMatchObject([
      { userID: 'giver', custom: { plan: 'gold' } },
      { userID: 'taker', custom: { plan: 'free' } },
    ]);
  });

  it('delivers one side if the other cannot be sent, and reports the reason', () => {
    const [from, to] =
      type === 'TRANSFER' ? ['transferred_from', 'transferred_to'] : ['redeemed_from', 'redeemed_by'];
    const log = { ...settings, format: 'log_event' as const };
    const tooLong = map(moved({ [from]: ['x'.repeat(200)] }), log, [knowing([]), known[1] ?? emptyProfile]);
    expect(bodiesOf(tooLong)).toMatchObject([{ user: { userID: 'taker' } }]);
    expect(tooLong).toMatchObject({
      omissions: [{ eventId: 't1:from', kind: 'dead_letter', reason: 'no_user' }],
    });

    const placeholder = map(moved({ [to]: ['guest', ' '] }), settings, [known[0] ?? emptyProfile]);
    expect(eventsOf(placeholder)).toMatchObject([
      { id: 't1:from', app_user_id: 'giver', aliases: ['g2', 'giver'] },
    ]);
    expect(placeholder).toMatchObject({
      omissions: [{ eventId: 't1:to', kind: 'dead_letter', reason: 'no_customer' }],
    });

    const onlyTaker = map(moved({ [from]: [null] }), settings, [known[1] ?? emptyProfile]);
    expect(eventsOf(onlyTaker)).toMatchObject([
      { id: 't1:to', app_user_id: 'taker', aliases: ['t2', 'taker'] },
    ]);

    const tester = { ...(known[0] ?? emptyProfile), environment: { value: 'SANDBOX', atMs: 1 } };
    const ofTester = map(moved(), settings, [tester, known[1] ?? emptyProfile]);
    expect(deliveriesOf(ofTester).map(({ eventId }) => eventId)).toEqual(['t1:to']);
    expect(ofTester).toMatchObject({
      omissions: [{ eventId: 't1:from', kind: 'filtered', reason: 'sandbox_excluded' }],
    });
  });

  it('is filtered as a whole, or the side of a customer whose environment is filtered', () => {
    const store = { stores: { exclude: ['APP_STORE'] } };
    expect(map(moved({ store: 'APP_STORE' }), { ...settings, filters: store }, known)).toMatchObject({
      kind: 'filtered',
      rule: 'stores.exclude "APP_STORE"',
    });
    const tester = { ...(known[0] ?? emptyProfile), environment: { value: 'SANDBOX', atMs: 1 } };
    const filters = { environments: { exclude: ['SANDBOX' as const] } };
    const ofTester = map(moved({ environment: null }), { ...settings, includeSandbox: true, filters }, [
      tester,
      known[1] ?? emptyProfile,
    ]);
    expect(deliveriesOf(ofTester).map(({ eventId }) => eventId)).toEqual(['t1:to']);
    expect(ofTester).toMatchObject({
      omissions: [{ eventId: 't1:from', rule: 'environments.exclude "SANDBOX"' }],
    });
  });

  it('is a dead letter as a whole if neither side can be sent', () => {
    const [from, to] =
      type === 'TRANSFER' ? ['transferred_from', 'transferred_to'] : ['redeemed_from', 'redeemed_by'];
    const mapped = map(moved({ [from]: ['guest'], [to]: ['nil'] }), settings, []);
    expect(mapped).toMatchObject({ kind: 'dead_letter', reason: 'no_customer' });
    expect(mapped).not.toHaveProperty('eventId');
  });

  it('makes one delivery if only one side has ids, and none if neither has', () => {
    const nameless = Object.fromEntries(
      Object.entries(sides).map(([name, ids]) => [name, Array.isArray(ids) ? [] : ids]),
    );
    const onlyTo = { ...nameless, [type === 'TRANSFER' ? 'transferred_to' : 'redeemed_by']: ['taker'] };
    expect(
      deliveriesOf(map(moved(onlyTo), settings, [known[1] ?? emptyProfile])).map(({ eventId }) => eventId),
    ).toEqual(['t1:to']);
    expect(map(moved(nameless), settings, [])).toMatchObject({ kind: 'dead_letter', reason: 'no_customer' });
  });
});

describe('mapping a redeemed purchase', () => {
  it('is sent for the redeemer if payer and redeemer are one customer', () => {
    const body = {
      event: {
        id: 'r',
        type: 'PURCHASE_REDEEMED',
        redeemed_from: ['a-payer'],
        redeemed_by: ['redeemer'],
        redemption_outcome: 'alias',
      },
    };
    expect(eventsOf(map(body, { eventTypes: ['*'] }))[0]).toMatchObject({
      app_user_id: 'redeemer',
      aliases: ['a-payer', 'redeemer'],
    });
  });
});
