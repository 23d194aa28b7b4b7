import { type JsonObject } from '@app/revenuecat';
import { bodiesOf, eventBody, eventsOf, map } from '../test/mapping.builder';

const everything = { eventTypes: ['*'], includeSandbox: true };
const long = 'x'.repeat(10_240);
const manyIds = Array.from({ length: 5_000 }, (_, n) => `id-${n}`);
const deepText = (levels: number): string => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);

describe.each(['revenuecat', 'log_event'] as const)('bad input in format %s', (format) => {
  const settings = { ...everything, format };

  it.each<[string, JsonObject]>([
    ['aliases are a string', { aliases: 'lonely' }],
    ['aliases are an object', { aliases: { a: 'b' } }],
    ['aliases contain invalid ids', { aliases: [null, 7, { a: 1 }, ['x'], ''] }],
    ['there are 5,000 aliases', { aliases: manyIds }],
    ['an alias has 10 kB', { aliases: [long] }],
    ['an alias is half a surrogate pair', { aliases: ['\ud800'] }],
    ['the original id has 10 kB', { original_app_user_id: long }],
    ['attributes have no times', { subscriber_attributes: { plan: { value: 'gold' } } }],
    ['attributes are a list', { subscriber_attributes: ['plan'] }],
    ['attributes are text', { subscriber_attributes: 'plan' }],
    ['attributes are null inside', { subscriber_attributes: { plan: null } }],
    ['an attribute is half a surrogate pair', { subscriber_attributes: { '\udfff': { value: '\ud800' } } }],
    ['an attribute has 1 MB', { subscriber_attributes: { plan: { value: 'x'.repeat(1_000_000) } } }],
    ['a price is text', { price: '9.99', price_in_purchased_currency: 'free' }],
    [
      'a date is in the year 4466',
      { event_timestamp_ms: 78_789_789_798_798, purchased_at_ms: 78_789_789_798_798 },
    ],
    ['a date is negative', { event_timestamp_ms: -1 }],
    ['a date is text', { event_timestamp_ms: 'yesterday' }],
    ['the type is a number', { type: 7 }],
    ['the type has 10 kB', { type: long }],
    ['the type is a property of every object', { type: '__proto__' }],
    ['the environment is an object', { environment: { a: 1 } }],
    ['fields contain half of a surrogate pair', { product_id: '\ud800', '\udc00': 'x' }],
    ['product ids are nested', { product_id: { a: [{ b: [{ c: [{ d: 1 }] }] }] } }],
  ])('is mapped if %s', (_what, fields) => {
    const [body] = bodiesOf(map(eventBody(fields), settings));
    expect(body).toBeDefined();
  });

  it.each(['event', 'attributes', 'an attribute'])('treats __proto__ as an ordinary name in %s', (where) => {
    const proto = '"__proto__":{"value":"polluted","updated_at_ms":1,"isAdmin":true}';
    const inside = {
      event: proto,
      attributes: `"subscriber_attributes":{${proto}}`,
      'an attribute': `"subscriber_attributes":{"a":{"value":"x","__proto__":{"value":"y"}}}`,
    }[where];
    const text = `{"event":{"id":"e1","type":"RENEWAL","app_user_id":"u","constructor":{"prototype":{"isAdmin":true}},${String(inside)}}}`;
    expect(bodiesOf(map(text, settings))).toHaveLength(1);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('maps a field that is nested 100,000 levels deep, or returns the reason why not', () => {
    for (const place of ['"new_field":', '"aliases":', '"price":', '"subscriber_attributes":']) {
      const text = `{"event":{"id":"e1","type":"RENEWAL","app_user_id":"u",${place}${deepText(100_000)}}}`;
      const mapped = map(text, settings);
      expect(mapped.kind === 'mapped' || mapped.kind === 'dead_letter').toBe(true);
    }
  });

  it('maps an event whose new field is nested 100,000 levels deep, and adds what is known', () => {
    const text = `{"event":{"id":"e1","type":"RENEWAL","app_user_id":"u","new_field":${deepText(100_000)}}}`;
    const known = [{ aliases: new Set(['u', 'other']), attributes: new Map() }];
    expect(map(text, settings, known).kind).toBe('mapped');
  });
});

describe('invalid ids', () => {
  it('are sent unchanged in format revenuecat if there is no better id', () => {
    expect(
      eventsOf(map(eventBody({ app_user_id: long, original_app_user_id: null, aliases: [] }), everything))[0],
    ).toMatchObject({
      app_user_id: long,
    });
  });

  it('are replaced with a better id', () => {
    const [event] = eventsOf(
      map(eventBody({ app_user_id: long, original_app_user_id: null, aliases: ['real'] }), everything),
    );
    expect(event?.['app_user_id']).toBe('real');
  });

  it('make the event a dead letter in format log_event', () => {
    const body = eventBody({ app_user_id: long, original_app_user_id: null, aliases: [] });
    expect(map(body, { ...everything, format: 'log_event' })).toMatchObject({
      kind: 'dead_letter',
      reason: 'no_user',
    });
  });
});
