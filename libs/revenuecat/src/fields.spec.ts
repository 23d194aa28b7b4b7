import { type JsonObject, type RevenueCatEvent } from './envelope';
import {
  attributesOf,
  environmentOf,
  eventTimeMs,
  idsField,
  isAppUserId,
  numberField,
  statedEnvironmentOf,
} from './fields';

const event = (fields: JsonObject): RevenueCatEvent => ({ id: 'e', type: 'RENEWAL', fields });

describe('reading fields of any value', () => {
  it.each([
    ['a list', ['a', 'b', 'a'], ['a', 'b']],
    ['a single string', 'a', ['a']],
    [
      'a list with invalid ids',
      [
        '',
        'null',
        'guest',
        '0',
        0,
        -1,
        7.5,
        1e300,
        true,
        null,
        { a: 1 },
        ['a'],
        '\ud800',
        'x'.repeat(10_240),
        'ok',
      ],
      ['ok'],
    ],
    ['a number', 41_234_567_890, ['41234567890']],
    ['numbers and the same ids as text', [7, '7', 8], ['7', '8']],
    ['an object', { a: 'b' }, []],
    ['nothing', null, []],
  ])('finds ids in %s', (_what, value, ids) => {
    expect(idsField({ aliases: value }, 'aliases')).toEqual(ids);
    expect(idsField({}, 'aliases')).toEqual([]);
  });

  it('accepts anonymous and unusual ids', () => {
    for (const id of ['$RCAnonymousID:1', '\u{1f600}', 'x'.repeat(512), 'nullable', '10', '007', 'a b'])
      expect(isAppUserId(id)).toBe(true);
  });

  it.each([
    ['empty', ['', ' ', '\t\n', '\u0000', '\u200b']],
    [
      'no value',
      ['null', 'NULL', 'None', 'nil', '(null)', 'undefined', 'NaN', '\\x00', ' null ', '[object Object]'],
    ],
    ['no name', ['guest', 'Guest', 'ANONYMOUS', 'Unknown', 'unidentified', 'no_user']],
    ['zero', ['0', '00', '-1', '00000000-0000-0000-0000-000000000000']],
    [
      'a placeholder with a lot of space around it',
      [`null${' '.repeat(40)}`, `${'\t'.repeat(40)}Guest`, `unknown${'\u00a0'.repeat(40)}`],
    ],
    ['long, but blank or zeros', [' '.repeat(40), '\u0000'.repeat(40), '0'.repeat(40), '-'.repeat(40)]],
    ['a prefix alone', ['$RCAnonymousID:']],
    ['blocked by RevenueCat for its slash', ['a/b', '/']],
    ['too long', ['x'.repeat(513)]],
    ['not well-formed', ['\ud800', 'maya\udc00']],
  ])('rejects an id that is %s', (_what, ids) => {
    for (const id of ids) expect([id, isAppUserId(id)]).toEqual([id, false]);
  });

  it('does not read text as a number', () => {
    expect(numberField({ price: -9.99 }, 'price')).toBe(-9.99);
    expect(numberField({ price: '9.99' }, 'price')).toBeUndefined();
    expect(numberField(JSON.parse('{"price":1e999}') as JsonObject, 'price')).toBeUndefined();
  });

  it('rejects implausible times', () => {
    expect(eventTimeMs(event({ event_timestamp_ms: 1_700_000_000_000.7 }))).toBe(1_700_000_000_000);
    for (const implausible of [78_789_789_798_798, -1, '2026', null]) {
      expect(eventTimeMs(event({ event_timestamp_ms: implausible }))).toBeUndefined();
    }
  });

  it.each<[JsonObject, string]>([
    [{ environment: 'SANDBOX' }, 'SANDBOX'],
    [{ environment: 'sandbox' }, 'SANDBOX'],
    [{ purchase_environment: 'SANDBOX' }, 'SANDBOX'],
    [{ environment: 'PRODUCTION' }, 'PRODUCTION'],
    [{ environment: ' production\n' }, 'PRODUCTION'],
    [{ environment: ' sandbox' }, 'SANDBOX'],
    [{ environment: 'TEST' }, 'SANDBOX'],
    [{ environment: 'production2' }, 'SANDBOX'],
    [{ environment: { name: 'PRODUCTION' } }, 'SANDBOX'],
    [{ environment: 1 }, 'SANDBOX'],
    [{ environment: ' ', purchase_environment: 'TEST' }, 'SANDBOX'],
    [{ store: 'TEST_STORE' }, 'SANDBOX'],
  ])('reads from %j the environment %s', (fields, environment) => {
    expect(statedEnvironmentOf(event(fields))).toBe(environment);
    expect(environmentOf(event(fields), 'PRODUCTION')).toBe(environment);
  });

  it('reads no environment from an event without one, which counts as production unless more is known', () => {
    const silent: JsonObject[] = [{}, { environment: null }, { environment: '' }, { store: 'APP_STORE' }];
    for (const fields of silent) {
      expect(statedEnvironmentOf(event(fields))).toBeUndefined();
      expect(environmentOf(event(fields))).toBe('PRODUCTION');
      expect(environmentOf(event(fields), 'SANDBOX')).toBe('SANDBOX');
    }
  });

  it('reads attributes in both shapes, cleared ones as empty, and gives those without a time that of the event', () => {
    const given = {
      plan: { value: 'gold', updated_at_ms: 5 },
      city: { value: null, updated_at_ms: 6 },
      team: { value: 'red' },
      flat: 'text',
      late: { value: 'x', updated_at_ms: 78_789_789_798_798 },
    };
    const attributes = attributesOf(event({ event_timestamp_ms: 9, subscriber_attributes: given }));
    expect(Object.fromEntries(attributes)).toEqual({
      plan: { value: 'gold', updatedAtMs: 5 },
      city: { value: '', updatedAtMs: 6 },
      team: { value: 'red', updatedAtMs: 9 },
      flat: { value: 'text', updatedAtMs: 9 },
      late: { value: 'x', updatedAtMs: 9 },
    });
  });

  it('never reads an attribute as newer than its event', () => {
    const given = { plan: { value: 'x', updated_at_ms: 2_051_222_400_000 } };
    const ofTime = (time: number | null, atMs?: number) =>
      attributesOf(event({ event_timestamp_ms: time, subscriber_attributes: given }), atMs).get('plan')
        ?.updatedAtMs;
    expect(ofTime(1_767_312_000_000)).toBe(1_767_312_000_000);
    expect(ofTime(null, 1_767_312_000_001)).toBe(1_767_312_000_001);
  });

  it('makes values well-formed', () => {
    const attributes = attributesOf(event({ subscriber_attributes: { half: 'x\ud800' } }));
    expect(attributes.get('half')?.value).toBe('x\ufffd');
  });

  it.each<[string, JsonObject[string]]>([
    ['a list', [{ value: 'x' }]],
    ['text', 'plan'],
    ['values that are not text', { a: { value: 1 }, b: {}, c: 7, d: null, e: ['x'] }],
    ['names that are half surrogate pairs', { '\ud800': 'x' }],
  ])('reads no attributes from %s', (_what, given) => {
    expect(attributesOf(event({ subscriber_attributes: given })).size).toBe(0);
  });
});
