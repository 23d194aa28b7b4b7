import { Readable } from 'node:stream';
import { type InputFormat, readEvents } from './read-events';

/** The bodies of the events in a text that arrives in small pieces. */
async function read(text: string, format: InputFormat, pieceLength = 3): Promise<string[]> {
  const pieces = text.match(new RegExp(`[^]{1,${pieceLength}}`, 'g')) ?? [];
  const bodies: string[] = [];
  for await (const { body } of readEvents(Readable.from(pieces), format)) bodies.push(body);
  return bodies;
}

const eventsIn = (bodies: readonly string[]) =>
  bodies.map((body) => (JSON.parse(body) as { event: Record<string, unknown> }).event);

describe('reading NDJSON', () => {
  it('keeps envelopes byte for byte, wraps bare events, and skips empty lines', async () => {
    const envelope = '{"api_version":"1.0", "event":{"id":"1","type":"TEST"}}';
    expect(await read(`${envelope}\n\n{"id":"2","type":"TEST"}`, 'ndjson')).toEqual([
      envelope,
      '{"api_version":"1.0","event":{"id":"2","type":"TEST"}}',
    ]);
  });

  it('passes text on that is not an event, so that it is rejected with its reason', async () => {
    expect(await read('{"id":\nnull\n', 'ndjson')).toEqual(['{"id":', 'null']);
  });
});

describe('reading CSV', () => {
  it('reads ids as text, prices and times as numbers, flags, and JSON', async () => {
    const csv = [
      'id,type,app_user_id,price,event_timestamp_ms,is_family_share,aliases,offer_code',
      '1,RENEWAL,42,9.99,1767300060000,true,"[""42"",""anna""]",',
    ].join('\r\n');
    expect(eventsIn(await read(csv, 'csv'))).toEqual([
      {
        id: '1',
        type: 'RENEWAL',
        app_user_id: '42',
        price: 9.99,
        event_timestamp_ms: 1_767_300_060_000,
        is_family_share: true,
        aliases: ['42', 'anna'],
      },
    ]);
  });

  it.each([1, 2, 1_000])('reads quoted cells in pieces of %d characters', async (pieceLength) => {
    const csv = 'id,offer_code\n1,"a,\n""b"""\n\n2,plain "quote"\n';
    expect(eventsIn(await read(csv, 'csv', pieceLength))).toEqual([
      { id: '1', offer_code: 'a,\n"b"' },
      { id: '2', offer_code: 'plain "quote"' },
    ]);
  });

  it('reports the row of a quote that is not closed', async () => {
    await expect(read('id\n1\n"2\n', 'csv')).rejects.toThrow('row 3');
  });
});
