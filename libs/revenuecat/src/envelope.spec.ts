import fc from 'fast-check';
import { maxEventIdLength, parseEnvelope } from './envelope';

const parse = (text: string) => parseEnvelope(Buffer.from(text));

describe('reading an envelope', () => {
  it('keeps the text as it came', () => {
    const text = '{ "api_version":"1.0", "event": {"id": "e1", "type":"RENEWAL", "price": 9.90} }';
    const parsed = parse(text);
    expect(parsed).toMatchObject({
      kind: 'envelope',
      envelope: { text, event: { id: 'e1', type: 'RENEWAL' } },
    });
  });

  it('takes an event without version or type, and paywall events by their event_id', () => {
    expect(parse('{"event":{"id":"e1"}}')).toMatchObject({ envelope: { event: { id: 'e1', type: '' } } });
    expect(parse('{"event":{"event_id":"p1"}}')).toMatchObject({ envelope: { event: { id: 'p1' } } });
    expect(parse('{"event":{"id":"e1","event_id":"p1"}}')).toMatchObject({
      envelope: { event: { id: 'e1' } },
    });
  });

  it.each([
    ['not_json', '', '{'],
    ['not_an_envelope', '', '[]'],
    ['not_an_envelope', '/event', '{"event":null}'],
    ['no_event_id', '/event/id', '{"event":{}}'],
    ['no_event_id', '/event/id', '{"event":{"id":null,"event_id":"p1"}}'],
    ['no_event_id', '/event/id', '{"event":{"id":""}}'],
    ['event_id_too_long', '/event/id', `{"event":{"id":"${'x'.repeat(maxEventIdLength + 1)}"}}`],
    ['event_id_malformed', '/event/id', '{"event":{"id":"\\udc00"}}'],
  ])('says %s at %j of %s', (reason, pointer, text) => {
    expect(parse(text)).toMatchObject({ kind: 'unreadable', reason, pointer });
  });

  it('says so of bytes that are no UTF-8', () => {
    expect(parseEnvelope(Buffer.from([0x7b, 0xff]))).toMatchObject({
      kind: 'unreadable',
      reason: 'not_utf8',
    });
  });

  it('never throws, for any bytes and any JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => ['envelope', 'unreadable'].includes(parseEnvelope(bytes).kind)),
    );
    fc.assert(fc.property(fc.json(), (text) => ['envelope', 'unreadable'].includes(parse(text).kind)));
  });
});
