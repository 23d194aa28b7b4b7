import { type ScratchTopics, scratchTopics } from '@app/testing';
import { commitOffset } from '../test/commit-offset';
import { type WaitingRecords, WaitingRecordsReader } from './waiting-records';

const hour = 3_600_000;

describe('a topic that no consumer reads', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(2);
  });

  afterAll(() => topics.remove());

  const hoursOf = (oldestMs: number | undefined): number | undefined =>
    oldestMs === undefined ? undefined : (Date.now() - oldestMs) / hour;

  it('has its records counted, and the oldest found that its group has not committed', async () => {
    const topic = await topics.deliveriesOf('paused');
    const group = { groupId: `${topic}.group`, topic };
    const reader = new WaitingRecordsReader(topics.kafka);
    // A Kafka that has just started cannot return the offsets of every group yet.
    const read = async (): Promise<WaitingRecords> => {
      for (;;) {
        const waiting = (await reader.read([group])).get(group);
        if (waiting !== undefined) return waiting;
      }
    };
    expect(await read()).toMatchObject({ count: 0, oldestMs: undefined });
    const producer = topics.kafka.producer();
    await producer.connect();
    const written = (hoursAgo: number, partition: number) => ({
      value: 'x',
      partition,
      timestamp: String(Date.now() - hoursAgo * hour),
    });
    for (const message of [written(40, 0), written(30, 0), written(1, 0), written(20, 1)])
      await producer.send({ topic, messages: [message] });
    await producer.disconnect();
    expect((await read()).count).toBe(4);
    expect(hoursOf((await read()).oldestMs)).toBeCloseTo(40, 1);
    await commitOffset(topics.kafka, group.groupId, { topic, partition: 0, offset: '1' });
    expect(hoursOf((await read()).oldestMs)).toBeCloseTo(30, 1);
    await commitOffset(topics.kafka, group.groupId, { topic, partition: 0, offset: '2' });
    expect(hoursOf((await read()).oldestMs)).toBeCloseTo(20, 1);
  });
});
