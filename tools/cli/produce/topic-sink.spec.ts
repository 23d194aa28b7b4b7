import { type ProducedRecord, RecordsRejectedError, topicNames } from '@app/kafka';
import { ProduceSummary } from './summary';
import { TopicSink } from './topic-sink';

const envelope = (id: string) =>
  JSON.stringify({ api_version: '1.0', event: { id, type: 'TEST', app_user_id: 'anna' } });

describe('TopicSink', () => {
  it('writes valid events as ingest does, and counts the others by reason', async () => {
    const written: ProducedRecord[] = [];
    const summary = new ProduceSummary();
    const send = (records: readonly ProducedRecord[]): Promise<void> => {
      const rejected = records.filter(({ value }) => String(value).includes('large'));
      written.push(...records.filter((record) => !rejected.includes(record)));
      if (rejected.length === 0) return Promise.resolve();
      return Promise.reject(
        new RecordsRejectedError(rejected.map((record) => ({ record, reason: 'too_large' as const }))),
      );
    };
    const sink = new TopicSink(topicNames(), 'shop', { send }, summary);
    for (const body of [envelope('1'), '{"event":{}}', 'text', envelope('large')]) await sink.write({ body });
    await sink.end();
    expect(written).toMatchObject([
      {
        topic: 'revenuecat.events',
        key: 'shop:anna',
        value: envelope('1'),
        headers: { 'project-id': 'shop', 'event-id': '1', source: 'cli' },
      },
    ]);
    const { accepted, rejections } = summary.result(1_000, 'seed');
    expect(accepted).toBe(1);
    expect(rejections.map(({ reason }) => reason).toSorted()).toEqual([
      'no_event_id',
      'not_json',
      'too_large',
    ]);
  });
});
