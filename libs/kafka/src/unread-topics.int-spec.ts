import { type ScratchTopics, scratchTopics } from '@app/testing';
import { register } from 'prom-client';
import { commitOffset } from '../test/commit-offset';
import { UnreadTopics } from './unread-topics';

const hour = 3_600_000;

describe('a topic that no consumer reads', () => {
  let topics: ScratchTopics;

  beforeAll(async () => {
    topics = await scratchTopics(2);
  });

  afterAll(() => topics.remove());

  async function reportedHours(topic: string): Promise<number | undefined> {
    const metric = await register.getSingleMetric('kafka_consumer_oldest_unacked_age_seconds')?.get();
    const age = metric?.values.find(({ labels }) => labels['topic'] === topic)?.value;
    return age === undefined ? undefined : (age * 1_000) / hour;
  }

  it('reports the age of the oldest record that its group has not committed', async () => {
    const topic = await topics.deliveriesOf('paused');
    const group = { groupId: `${topic}.group`, topic };
    const unread = new UnreadTopics(topics.kafka);
    await unread.report(group);
    expect(await reportedHours(topic)).toBe(0);
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
    await unread.report(group);
    expect(await reportedHours(topic)).toBeCloseTo(40, 1);
    await commitOffset(topics.kafka, group.groupId, { topic, partition: 0, offset: '1' });
    await unread.report(group);
    expect(await reportedHours(topic)).toBeCloseTo(30, 1);
    await commitOffset(topics.kafka, group.groupId, { topic, partition: 0, offset: '2' });
    await unread.report(group);
    expect(await reportedHours(topic)).toBeCloseTo(20, 1);
  });
});
