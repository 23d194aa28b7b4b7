import { type ProducedRecord, RecordsRefusedError, topicNames } from '@app/kafka';
import { ProduceSummary } from './summary';
import { TopicSink } from './topic-sink';

const envelope = (id: string) =>
  JSON.stringify({ api_version: '1.0', event: { id, type: 'TEST', app_user_id: 'anna' } });

describe('TopicSink', () => {
  it('writes valid events as ingest does, and counts the others by reason', async () => {
    const written: ProducedRecord[] = [];
    const summary = new ProduceSummary();
    const send = (records: readonly ProducedRecord[]): Promise<void> => {
      const refused = records.filter(({ value }) => String(value).includes('large'));
      written.push(...records.filter((record) => !refused.includes(record)));
      if (refused.length === 0) return Promise.resolve();
      return Promise.reject(
        new RecordsRefusedError(refused.map((record) => ({ record, reason: 'too_large' as const }))),
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
    const { accepted, refusals } = summary.result(1_000, 'seed');
    expect(accepted).toBe(1);
    expect(refusals.map(({ reason }) => reason).toSorted()).toEqual(['no_event_id', 'not_json', 'too_large']);
  });
});
