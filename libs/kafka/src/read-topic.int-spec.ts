import { type Producer } from 'kafkajs';
import { produceWithNullHeader } from '@app/testing';
import { type ScratchTopics, scratchTopics } from '@app/testing';
import { type ConsumedRecord } from './records';
import { readTopic } from './read-topic';
import { fetchTopicOffsets, withAdmin } from './with-admin';

describe('readTopic', () => {
  let topics: ScratchTopics;
  let topic: string;
  let producer: Producer;
  let transactions: Producer;

  beforeEach(async () => {
    topics = await scratchTopics(1);
    topic = topics.names.events;
    producer = topics.kafka.producer();
    transactions = topics.kafka.producer({
      transactionalId: topics.prefix,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await Promise.all([producer.connect(), transactions.connect()]);
  });

  afterEach(async () => {
    await Promise.all([producer.disconnect(), transactions.disconnect()]);
    await topics.remove();
  });

  const write = (...values: string[]) =>
    producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) });

  async function transaction(end: 'commit' | 'abort', ...values: string[]): Promise<void> {
    const before = await endOffset();
    const open = await transactions.transaction();
    await open.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) });
    await open[end]();
    // Kafka writes the marker asynchronously.
    while ((await endOffset()) <= before + values.length)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function endOffset(): Promise<number> {
    const offsets = await withAdmin(topics.kafka, (admin) => fetchTopicOffsets(admin, topic));
    return offsets.find(({ partition }) => partition === 0)?.high ?? 0;
  }

  async function valuesRead(options: { fromMs?: number } = {}): Promise<(string | undefined)[]> {
    const records: ConsumedRecord[] = [];
    await readTopic(topics.kafka, topic, options, (record) => {
      records.push(record);
    });
    return records.map(({ value }) => value?.toString());
  }

  it('rejects if the visitor rejects, and visits no more records', async () => {
    await write('a', 'b', 'c');
    const visited: (string | undefined)[] = [];
    const reading = readTopic(topics.kafka, topic, {}, ({ value }) => {
      visited.push(value?.toString());
      return visited.length === 2 ? Promise.reject(new Error('no room')) : Promise.resolve();
    });
    await expect(reading).rejects.toThrow('no room');
    expect(visited).toEqual(['a', 'b']);
  });

  it('visits every record once, and ends at once if there are none', async () => {
    expect(await valuesRead()).toEqual([]);
    await write('a', 'b', 'c');
    expect(await valuesRead()).toEqual(['a', 'b', 'c']);
  });

  it('visits a record with a header that has no value', async () => {
    await produceWithNullHeader(topics.kafka, topic, { value: 'a' }, 'x-tenant');
    await write('b');
    expect(await valuesRead()).toEqual(['a', 'b']);
  });

  it('ends after the marker of a committed transaction', async () => {
    await transaction('commit', 'a');
    await transaction('commit', 'b');
    expect(await valuesRead()).toEqual(['a', 'b']);
  });

  it('ends after an aborted transaction, without visiting its records', async () => {
    await transaction('abort', 'never');
    expect(await valuesRead()).toEqual([]);
    await write('a');
    await transaction('abort', 'never');
    expect(await valuesRead()).toEqual(['a']);
    await write('b');
    await transaction('abort', 'never', 'never');
    expect(await valuesRead()).toEqual(['a', 'b']);
  });

  it('ends at the start of an open transaction', async () => {
    await write('a');
    const open = await transactions.transaction();
    await open.send({ topic, messages: [{ value: 'pending', partition: 0 }] });
    expect(await valuesRead()).toEqual(['a']);
    await open.commit();
    expect(await valuesRead()).toEqual(['a', 'pending']);
  });

  it('starts at a given time', async () => {
    const message = (value: string, timestampMs: number) => ({ value, timestamp: String(timestampMs) });
    await producer.send({ topic, messages: [message('old', 1_000), message('new', 2_000)] });
    expect(await valuesRead({ fromMs: 1_500 })).toEqual(['new']);
    expect(await valuesRead({ fromMs: 3_000 })).toEqual([]);
  });

  it('ends if the remaining records are deleted while it reads', async () => {
    await write('first');
    // More than fits into one fetch, so that the reader has to fetch again.
    const large = 'x'.repeat(900_000);
    for (let i = 0; i < 15; i += 1) await write(large);
    let visited = 0;
    await readTopic(topics.kafka, topic, {}, async () => {
      visited += 1;
      if (visited === 1) {
        await withAdmin(topics.kafka, async (admin) => {
          // kafkajs finds the leader only in metadata that an earlier request has loaded.
          await admin.fetchTopicOffsets(topic);
          await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '16' }] });
        });
      }
    });
    expect(visited).toBeLessThan(16);
  });

  it('rejects if the topic does not exist', async () => {
    await expect(readTopic(topics.kafka, `${topic}.missing`, {}, () => undefined)).rejects.toThrow(
      /does not host this topic-partition/,
    );
  });

  it('leaves no consumer group behind', async () => {
    const groupIds = async () =>
      (await withAdmin(topics.kafka, (admin) => admin.listGroups())).groups.map(({ groupId }) => groupId);
    const before = new Set(await groupIds());
    await write('a');
    await valuesRead();
    expect((await groupIds()).filter((groupId) => !before.has(groupId))).toEqual([]);
  });
});
