import fc from 'fast-check';
import { type JsonObject } from './envelope';
import { patchEvent } from './envelope-text';

const jsonObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()) as fc.Arbitrary<JsonObject>;

const parsedEvent = (text: string): unknown => (JSON.parse(text) as { event: unknown }).event;

describe('patching an envelope', () => {
  it('leaves the text unchanged if there is nothing to patch', () => {
    const text = '{ "api_version" : "1.0", "event" : { "price" : 1.10 } }';
    expect(patchEvent(text, {})).toBe(text);
  });

  it('changes only the patched members', () => {
    const text =
      '{"event": {"id" : "1", "price": 9.990000, "aliases" :["a"],\n "big": 12345678901234567890 }, "x":1}';
    expect(patchEvent(text, { aliases: ['a', 'b'], app_user_id: 'a' })).toBe(
      '{"event": {"id" : "1", "price": 9.990000, "aliases" :["a","b"],\n "big": 12345678901234567890 ,"app_user_id":"a"}, "x":1}',
    );
  });

  it('adds to an empty event', () => {
    expect(patchEvent('{"event":{ }}', { a: 1, b: 2 })).toBe('{"event":{ "a":1,"b":2}}');
  });

  it.each([
    ['the last of repeated members', '{"event":{"a":1,"a":2}}'],
    ['the last of repeated events', '{"event":{"a":1},"event":{"a":2}}'],
    ['a member whose name is escaped', '{"event":{"\\u0061":2}}'],
    [
      'the event and not an object of the same name within it',
      '{"x":{"event":{"a":1}},"event":{"event":{"a":1},"a":2}}',
    ],
    ['a member after braces, quotes and backslashes in strings', '{"event":{"s":"}{\\"\\\\","a":2}}'],
  ])('patches %s', (_what, text) => {
    const before = parsedEvent(text) as object;
    expect(parsedEvent(patchEvent(text, { a: 3 }))).toEqual({ ...before, a: 3 });
  });

  it.each([
    ['the event', '{"event":{"a":1},"x":0,"event":{"a":2}}', '{"x":0,"event":{"a":2}}'],
    [
      'attributes',
      '{"event":{"subscriber_attributes":{"$ip":"1.2.3.4"} , "a":2,"subscriber_attributes":{}}}',
      '{"event":{"a":2,"subscriber_attributes":{}}}',
    ],
    [
      'attributes whose name is escaped',
      '{"event":{"subscriber_attribute\\u0073":{"$ip":"1.2.3.4"},"subscriber_attributes":{}}}',
      '{"event":{"subscriber_attributes":{}}}',
    ],
    [
      'attributes, three times',
      '{"event":{"subscriber_attributes":1,"subscriber_attributes":2,"subscriber_attributes":3}}',
      '{"event":{"subscriber_attributes":3}}',
    ],
  ])('keeps only the last copy of %s, also if there is nothing to patch', (_what, text, expected) => {
    expect(patchEvent(text, {})).toBe(expected);
  });

  it('keeps each name once, with its last value, for any repeated members', () => {
    const members = fc.array(fc.tuple(fc.constantFrom('a', 'b', '\\u0061'), fc.integer()), { minLength: 1 });
    fc.assert(
      fc.property(members, fc.constantFrom('', ' ', '\n'), (entries, space) => {
        const texts = entries.map(([name, value]) => `"${name}"${space}:${space}${value}${space}`);
        const text = `{"event":{${texts.join(`,${space}`)}}}`;
        const patched = patchEvent(text, { c: 1 });
        expect(parsedEvent(patched)).toEqual({ ...(parsedEvent(text) as object), c: 1 });
        expect(patched.match(/"[abc]"|u0061/g)).toHaveLength(
          Object.keys(parsedEvent(patched) as object).length,
        );
      }),
    );
  });

  it('supports nesting of any depth', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(patchEvent(`{"event":{"deep":${deep},"a":1}}`, { a: 2 })).toBe(`{"event":{"deep":${deep},"a":2}}`);
  });

  it('is equivalent to replacing members of the parsed event, for any event and patch', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, fc.constantFrom(undefined, 1, '\t'), (event, patch, indent) => {
        const text = JSON.stringify({ api_version: '1.0', event, more: [event] }, null, indent);
        const expected = { api_version: '1.0', event: withMembers(event, patch), more: [event] };
        expect(JSON.parse(patchEvent(text, patch))).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
  });

  it('keeps every byte outside the patched members, for any event', () => {
    fc.assert(
      fc.property(jsonObject, fc.jsonValue(), fc.jsonValue(), (event, old, value) => {
        const member = { ...event, '\u0000marked': 'old' };
        const text = JSON.stringify({ event: member, more: old });
        const patched = patchEvent(text, { '\u0000marked': value as never });
        expect(patched).toBe(text.replace('marked":"old"', () => `marked":${JSON.stringify(value)}`));
      }),
    );
  });
});

function withMembers(event: JsonObject, patch: JsonObject): JsonObject {
  return Object.fromEntries([...Object.entries(event), ...Object.entries(patch)]);
}
