import { headerNames } from '@app/kafka';
import { RunningPipeline } from './running-pipeline';

const event = (id: string, fields: object = {}): string =>
  JSON.stringify({ event: { id, type: 'RENEWAL', app_user_id: `u-${id}`, ...fields } });
const nested = '['.repeat(100_000) + ']'.repeat(100_000);

/** Invalid records, each with the reason of its dead letter. */
const poison: [reason: string, value: Buffer | string | null, headers?: Record<string, string>][] = [
  ['not_utf8', Buffer.from([0xff, 0xfe, 0x00])],
  ['not_json', '{"event":'],
  ['not_json', ''],
  ['not_json', null],
  ['not_json', '['.repeat(1_000_000)],
  ['not_an_envelope', '"text"'],
  ['not_an_envelope', '{"event":[]}'],
  ['not_an_envelope', nested],
  ['no_event_id', '{"event":{"id":{}}}'],
  ['event_id_too_long', event('x'.repeat(10_240))],
  ['event_id_malformed', '{"event":{"id":"\\ud800"}}'],
  ['no_customer', event('no-customer', { type: 'TRANSFER' })],
  ['project_id_malformed', event('hostile'), { [headerNames.projectId]: '../../__proto__\u0000' }],
  ['project_id_malformed', event('huge'), { [headerNames.projectId]: 'p'.repeat(100_000) }],
  ['no_integration', event('homeless'), { [headerNames.projectId]: 'another-project' }],
  ['no_integration', event('inherited'), { [headerNames.projectId]: '__proto__' }],
];

/** Unusual records that can be mapped. */
const strange: [id: string, value: string, headers?: Record<string, string>][] = [
  ['deep', `{"event":{"id":"deep","type":"RENEWAL","app_user_id":"u","new":${nested}}}`],
  ['many', event('many', { aliases: Array.from({ length: 5_000 }, (_, n) => `id-${n}`) })],
  ['long', event('long', { aliases: ['x'.repeat(10_240)], app_user_id: 'u' })],
  ['text', event('text', { aliases: 'text', price: '9.99', subscriber_attributes: 'text' })],
  ['proto', '{"event":{"id":"proto","type":"RENEWAL","app_user_id":"u","__proto__":{"a":1}}}'],
  [
    'clock',
    event('clock'),
    { [headerNames.receivedAtMs]: '99999999999999999', [headerNames.traceparent]: 'x' },
  ],
];

describe('invalid records among valid ones', () => {
  let pipeline: RunningPipeline;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start();
  });

  afterAll(async () => {
    await pipeline.stop();
  });

  it('become dead letters with a reason, and neither block nor lose the others', async () => {
    const { events: topic, eventsDeadLetter } = pipeline.topics.names;
    const key = 'one partition for all';
    const bad = poison.flatMap(([, value, headers], i) => [
      { topic, key, value, headers },
      { topic, key, value: event(`good-${i}`) },
    ]);
    const odd = strange.map(([, value, headers]) => ({ topic, key, value, headers }));
    await pipeline.producer.send([...bad, ...odd, { topic, key, value: event('last') }]);

    const read = await pipeline.topics.read(eventsDeadLetter, poison.length);
    // Dead letters of different projects are written independently.
    const offsetOf = ({ headers }: (typeof read)[number]): number =>
      Number(headers[headerNames.deadLetterOffset]);
    const deadLetters = read.toSorted((a, b) => offsetOf(a) - offsetOf(b));
    expect(deadLetters.map(({ headers }) => headers[headerNames.deadLetterReason])).toEqual(
      poison.map(([reason]) => reason),
    );
    for (const [i, { value, headers }] of deadLetters.entries()) {
      expect(value?.toString() ?? null).toBe(poison[i]?.[1]?.toString() ?? null);
      expect(headers[headerNames.deadLetterDetail]).toBeTruthy();
    }

    const expected = [...poison.map((_, i) => `good-${i}`), ...strange.map(([id]) => id), 'last'];
    const receipts = await pipeline.receiptsOf(expected, 'delivered');
    const delivered = receipts.filter(({ outcome }) => outcome === 'delivered');
    expect(delivered.map(({ eventId }) => eventId).sort()).toEqual(expected.sort());
  });
});
