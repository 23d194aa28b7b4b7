import { type ScratchTopics, scratchTopics } from '@app/testing';
import { commitOffset } from '../test/commit-offset';
import { hasOlderUncommitted } from './older-uncommitted';

const hour = 3_600_000;

describe('uncommitted records of a group', () => {
  let topics: ScratchTopics;
  let topic: string;
  const nowMs = Date.now();

  beforeAll(async () => {
    topics = await scratchTopics(2);
    topic = await topics.deliveriesOf('aged');
  });

  afterAll(() => topics.remove());

  const hasOlder = (ageMs: number): Promise<boolean> =>
    hasOlderUncommitted(topics.kafka, { groupId: `${topic}.group`, topic }, nowMs - ageMs);

  it('are older than a time if the first one of a partition is', async () => {
    expect(await hasOlder(0)).toBe(false);
    const producer = topics.kafka.producer();
    await producer.connect();
    const messages = [5, 3].map((hours) => ({
      ...{ value: 'x', partition: 1, timestamp: String(nowMs - hours * hour) },
    }));
    await producer.send({ topic, messages });
    await producer.disconnect();
    expect([await hasOlder(6 * hour), await hasOlder(4 * hour), await hasOlder(0)]).toEqual([
      false,
      true,
      true,
    ]);
    await commitOffset(topics.kafka, `${topic}.group`, { topic, partition: 1, offset: '1' });
    expect([await hasOlder(4 * hour), await hasOlder(2 * hour)]).toEqual([false, true]);
    await commitOffset(topics.kafka, `${topic}.group`, { topic, partition: 1, offset: '2' });
    expect(await hasOlder(0)).toBe(false);
  });
});
