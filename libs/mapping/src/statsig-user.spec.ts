import { emptyProfile, type Profile } from '@app/identity';
import { type IntegrationInput } from '@app/integrations';
import { type JsonObject } from '@app/revenuecat';
import { bodiesOf, deliveriesOf, eventBody, map, orderKey } from '../test/mapping.builder';

const anonymous = '$RCAnonymousID:1';
/** A transfer from a customer without another id. */
const transfer = eventBody({
  type: 'TRANSFER',
  app_user_id: null,
  original_app_user_id: null,
  aliases: [],
  transferred_from: [anonymous],
  transferred_to: ['taker'],
});
const anonymousEvent = eventBody({
  app_user_id: anonymous,
  original_app_user_id: anonymous,
  aliases: [anonymous],
  original_transaction_id: '410000123456789',
});

const withAttribute = (value: string, id = 'u'): Profile => ({
  ...emptyProfile,
  aliases: new Set([id]),
  attributes: new Map([['statsigId', { value, updatedAtMs: 1 }]]),
  ...orderKey(id),
});

/** The userID in either format. */
function userIdsOf(mapped: ReturnType<typeof map>): unknown[] {
  return bodiesOf(mapped).map(
    ({ event, user }) => (event as JsonObject | undefined)?.['app_user_id'] ?? (user as JsonObject)['userID'],
  );
}

const formats = ['revenuecat', 'log_event'] as const;

describe.each(formats)('the user in Statsig, in format %s', (format) => {
  const byAttribute: Partial<IntegrationInput> = { format, userIdAttribute: 'statsigId' };

  it('is named by an attribute that an earlier event has shown, and else by the other rule', () => {
    const known = map(eventBody(), byAttribute, [withAttribute('statsig-7')]);
    expect(userIdsOf(known)).toEqual(['statsig-7']);
    expect(deliveriesOf(known)[0]).toMatchObject({ identity: 'attribute', customer: { appUserId: 'u' } });
    const unknown = map(eventBody(), { ...byAttribute, identity: 'best_known' });
    expect(userIdsOf(unknown)).toEqual(['u']);
    expect(deliveriesOf(unknown)[0]?.identity).toBe('best_known');
  });

  it.each([null, ''])('is named by the other rule if the event clears the attribute with %j', (value) => {
    const cleared = eventBody({ subscriber_attributes: { statsigId: { value, updated_at_ms: 5 } } });
    expect(userIdsOf(map(cleared, byAttribute, [withAttribute('statsig-7')]))).toEqual(['u']);
  });

  it('is named by the other rule if the privacy settings drop the attribute, which is then nowhere', () => {
    const settings = { ...byAttribute, privacy: { attributes: { statsigId: 'drop' as const } } };
    const body = eventBody({
      subscriber_attributes: { statsigId: { value: 'statsig-7', updated_at_ms: 5 } },
    });
    const mapped = map(body, { ...settings, customIds: { statsig: 'statsigId' } });
    expect(userIdsOf(mapped)).toEqual(['u']);
    expect(deliveriesOf(mapped)[0]?.identity).toBe('app_user_id');
    expect(deliveriesOf(mapped)[0]?.body).not.toContain('statsig-7');
  });

  it.each(['__proto__', 'constructor', 'toString'])('is named by an attribute called %s', (name) => {
    const text = JSON.stringify(eventBody()).replace(
      '"subscriber_attributes":{}',
      `"subscriber_attributes":{${JSON.stringify(name)}:{"value":"statsig-7","updated_at_ms":5}}`,
    );
    const settings = { format, userIdAttribute: name };
    expect(userIdsOf(map(text, settings))).toEqual(['statsig-7']);
    expect(userIdsOf(map(eventBody(), settings))).toEqual(['u']);
  });

  it('is named by an attribute as the privacy settings leave it', () => {
    const privacy = (treatment: 'drop' | 'hash') => ({
      privacy: { attributes: { statsigId: treatment }, salt: 'salt of sixteen!' },
    });
    const of = (treatment: 'drop' | 'hash') =>
      map(eventBody(), { ...byAttribute, ...privacy(treatment) }, [withAttribute('statsig-7')]);
    expect(userIdsOf(of('drop'))).toEqual(['u']);
    expect(userIdsOf(of('hash'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    for (const treatment of ['drop', 'hash'] as const)
      expect(JSON.stringify(bodiesOf(of(treatment)))).not.toContain('statsig-7');
  });

  it('is named by the attribute of its own customer on both sides of a transfer', () => {
    const transfer = eventBody({
      type: 'TRANSFER',
      app_user_id: null,
      original_app_user_id: null,
      aliases: [],
      subscriber_attributes: {},
      transferred_from: ['giver'],
      transferred_to: ['taker'],
    });
    const known = [withAttribute('giver-7', 'giver'), withAttribute('taker-7', 'taker')];
    expect(userIdsOf(map(transfer, byAttribute, known))).toEqual(['giver-7', 'taker-7']);
    const half = [withAttribute('giver-7', 'giver'), { ...emptyProfile, ...orderKey('taker') }];
    expect(deliveriesOf(map(transfer, byAttribute, half)).map(({ identity }) => identity)).toEqual([
      'attribute',
      'app_user_id',
    ]);
  });

  it('is anonymous if the customer is, unless such events are not sent', () => {
    expect(userIdsOf(map(anonymousEvent, { format }))).toEqual([anonymous]);
    const skipped = map(anonymousEvent, { format, anonymousCustomers: 'skip' });
    expect(skipped).toMatchObject({ kind: 'filtered', reason: 'anonymous_customer' });
    const named = map(anonymousEvent, { ...byAttribute, anonymousCustomers: 'skip' }, [withAttribute('s')]);
    expect(userIdsOf(named)).toEqual(['s']);
  });

  it('may be anonymous on one side of a transfer, which alone is not sent then', () => {
    expect(map(transfer, { format, anonymousCustomers: 'skip' })).toMatchObject({
      kind: 'mapped',
      deliveries: [{ delivery: { eventId: 'e1:to' } }],
      omissions: [{ kind: 'filtered', reason: 'anonymous_customer', eventId: 'e1:from' }],
    });
  });
});

describe('an anonymous customer who is sent with custom ids only', () => {
  const settings = { anonymousCustomers: 'custom_id_only' } as const;

  it('has no userID in format log_event', () => {
    const customIds = { transaction: 'original_transaction_id', anonymous: 'anonymous_id' };
    const mapped = map(anonymousEvent, { ...settings, format: 'log_event', customIds });
    expect(bodiesOf(mapped)[0]?.['user']).toMatchObject({
      customIDs: { transaction: '410000123456789', anonymous },
    });
    expect(bodiesOf(mapped)[0]?.['user']).not.toHaveProperty('userID');
    expect(deliveriesOf(mapped)[0]?.identity).toBe('custom_id');
  });

  it('is not sent in format log_event without a custom id, or in format revenuecat', () => {
    const none = map(anonymousEvent, { ...settings, format: 'log_event', customIds: {} });
    expect(none).toMatchObject({ kind: 'dead_letter', reason: 'no_user' });
    const envelope = map(anonymousEvent, { ...settings, format: 'revenuecat' });
    expect(envelope).toMatchObject({ kind: 'filtered', reason: 'anonymous_customer' });
  });
});

it.each<[string, JsonObject, string]>([
  ['an alias', { app_user_id: null, original_app_user_id: null, aliases: ['alias'] }, 'best_known'],
  ['a redeemer', { type: 'PURCHASE_REDEEMED', app_user_id: null, redeemed_by: ['r'] }, 'best_known'],
  ['the id that the event came with', {}, 'app_user_id'],
])('is reported to be %s', (_what, fields, identity) => {
  for (const format of formats)
    expect(deliveriesOf(map(eventBody(fields), { format, eventTypes: ['*'] }))[0]?.identity).toBe(identity);
});

it('is reported to be the best known id on a side of a transfer that the event does not name by it', () => {
  const known = [
    { ...emptyProfile, aliases: new Set([anonymous, 'giver']) },
    { ...emptyProfile, aliases: new Set(['taker']) },
  ];
  const mapped = map(transfer, {}, known);
  expect(userIdsOf(mapped)).toEqual(['giver', 'taker']);
  expect(deliveriesOf(mapped).map(({ identity }) => identity)).toEqual(['best_known', 'app_user_id']);
});

it('is not reported for an event that is sent with an id that identifies no customer', () => {
  const nameless = eventBody({ app_user_id: 'guest', original_app_user_id: null, aliases: [] });
  expect(deliveriesOf(map(nameless))[0]).not.toHaveProperty('identity');
});

it.each(formats)('lifecycle names are the same in format %s', (format) => {
  const trial = eventBody({ type: 'INITIAL_PURCHASE', period_type: 'TRIAL' });
  const [sent] = bodiesOf(map(trial, { format, eventNames: 'lifecycle' }));
  expect(sent?.['eventName'] ?? (sent?.['event'] as JsonObject)['type']).toBe('rc_trial_started_event');
});

it('the revenue mode changes the value in format log_event, and nothing in format revenuecat', () => {
  const body = eventBody({ price: 10, commission_percentage: 0.3, tax_percentage: 0.1 });
  const settings = { revenue: 'after_commission_and_tax' } as const;
  expect(bodiesOf(map(body, { ...settings, format: 'log_event' }))[0]?.['value']).toBe(6);
  expect(bodiesOf(map(body, settings))).toEqual([body]);
});
