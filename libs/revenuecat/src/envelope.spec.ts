import fc from 'fast-check';
import { maxEventIdLength, parseEnvelope } from './envelope';

const parse = (text: string) => parseEnvelope(Buffer.from(text));

describe('parsing an envelope', () => {
  it('keeps the text as received', () => {
    const text = '{ "api_version":"1.0", "event": {"id": "e1", "type":"RENEWAL", "price": 9.90} }';
    const parsed = parse(text);
    expect(parsed).toMatchObject({
      kind: 'envelope',
      envelope: { text, event: { id: 'e1', type: 'RENEWAL' } },
    });
  });

  it('accepts an event without version or type, and paywall events with an event_id', () => {
    expect(parse('{"event":{"id":"e1"}}')).toMatchObject({ envelope: { event: { id: 'e1', type: '' } } });
    expect(parse('{"event":{"event_id":"p1"}}')).toMatchObject({ envelope: { event: { id: 'p1' } } });
    expect(parse('{"event":{"id":"e1","event_id":"p1"}}')).toMatchObject({
      envelope: { event: { id: 'e1' } },
    });
  });

  it.each([
    ['null', '{"event":{"id":null,"event_id":"p1"}}', 'p1'],
    ['empty', '{"event":{"id":"","event_id":"p1"}}', 'p1'],
    ['a number', '{"event":{"id":41}}', '41'],
    ['a number beyond 2^53', '{"event":{"id":12345678901234567890}}', '12345678901234567890'],
  ])('reads an id that is %s', (_what, text, id) => {
    expect(parse(text)).toMatchObject({ envelope: { event: { id }, text } });
  });

  it('reads only integers that a number cannot represent as text, with all digits', () => {
    const fields = { a: 9007199254740991, b: [-12345678901234567], c: 0.1234567890123456789, d: 1e21 };
    const text = `{"event":{"id":"e1","a":9007199254740991,"b":[-12345678901234567],"c":0.1234567890123456789,"d":1e21}}`;
    expect(parse(text)).toMatchObject({
      envelope: { event: { fields: { ...fields, b: ['-12345678901234567'] } } },
    });
    const twoIds = '{"event":{"id":"e1","x":9007199254740992,"y":9007199254740993}}';
    expect(parse(twoIds)).toMatchObject({
      envelope: { event: { fields: { x: '9007199254740992', y: '9007199254740993' } } },
    });
  });

  it('reads an event with a long number although it is nested 100,000 levels deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(parse(`{"event":{"id":"e1","n":12345678901234567890,"deep":${deep}}}`).kind).toBe('envelope');
  });

  it('makes the type well-formed', () => {
    expect(parse('{"event":{"id":"e1","type":"A\\ud800"}}')).toMatchObject({
      envelope: { event: { type: 'A\ufffd' } },
    });
  });

  it.each([
    ['a byte order mark and a line break', '\ufeff{"event":{"id":"e1"}}\r\n'],
    ['the frame of a schema registry', '\u0000\u0000\u0000\u0000\u002a{"event":{"id":"e1"}}'],
  ])('reads JSON that has %s around it', (_what, text) => {
    const parsed = parse(text);
    expect(parsed).toMatchObject({ envelope: { event: { id: 'e1' } } });
    expect(parsed.kind === 'envelope' && parsed.envelope.text.trim()).toBe('{"event":{"id":"e1"}}');
  });

  it('ignores the frame of a schema registry for any schema id', () => {
    const framed = Buffer.concat([
      Buffer.from([0, 0xff, 0xc3, 0x28, 0x80]),
      Buffer.from('{"event":{"id":"e1"}}'),
    ]);
    expect(parseEnvelope(framed)).toMatchObject({ envelope: { event: { id: 'e1' } } });
  });

  it.each([
    ['Avro', Buffer.from([0, 0, 0, 1, 0x2c, 0x0e, 0x52, 0x45, 0xff])],
    ['nothing', Buffer.from([0, 0, 0, 1, 0x2c])],
  ])('reports the schema registry if %s follows its frame', (_what, bytes) => {
    expect(parseEnvelope(bytes)).toMatchObject({
      reason: 'schema_registry_payload',
      detail: expect.stringContaining('schema id 300') as unknown,
    });
  });

  it('reports a problem of JSON that follows the frame of a schema registry', () => {
    const framed = Buffer.concat([Buffer.alloc(5), Buffer.from('{"event":{}}')]);
    expect(parseEnvelope(framed)).toMatchObject({ reason: 'no_event_id' });
  });

  it.each([
    ['not_json', '', '{'],
    ['not_an_envelope', '', '[]'],
    ['not_an_envelope', '/event', '{"event":null}'],
    ['no_event_id', '/event/id', '{"event":{}}'],
    ['no_event_id', '/event/id', '{"event":{"id":null,"event_id":7.5}}'],
    ['no_event_id', '/event/id', '{"event":{"id":""}}'],
    ['event_id_too_long', '/event/id', `{"event":{"id":"${'x'.repeat(maxEventIdLength + 1)}"}}`],
    ['event_id_malformed', '/event/id', '{"event":{"id":"\\udc00"}}'],
  ])('reports %s at %j for %s', (reason, pointer, text) => {
    expect(parse(text)).toMatchObject({ kind: 'unreadable', reason, pointer });
  });

  it('reports bytes that are not UTF-8', () => {
    expect(parseEnvelope(Buffer.from([0x7b, 0xff]))).toMatchObject({
      kind: 'unreadable',
      reason: 'not_utf8',
    });
  });

  it('keeps the digits of any integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), (integer) => {
        const parsed = parse(`{"event":{"id":"e1","x":[${integer}]}}`);
        const fields = parsed.kind === 'envelope' ? parsed.envelope.event.fields : {};
        expect(JSON.stringify(fields['x']).replace(/["[\]]/g, '')).toBe(`${integer}`);
      }),
    );
  });

  it('never throws, for any bytes and any JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => ['envelope', 'unreadable'].includes(parseEnvelope(bytes).kind)),
    );
    const framed = fc.uint8Array().map((bytes) => Uint8Array.from([0, ...bytes]));
    fc.assert(fc.property(framed, (bytes) => ['envelope', 'unreadable'].includes(parseEnvelope(bytes).kind)));
    fc.assert(fc.property(fc.json(), (text) => ['envelope', 'unreadable'].includes(parse(text).kind)));
  });
});
