import { produceInTransaction, type ScratchTopics, scratchTopics } from '@app/testing';
import { commitOffset } from '../test/commit-offset';
import { ConsumerLagReader } from './consumer-lag';
import { deliveriesTopic } from './topics';
import { withAdmin } from './with-admin';

describe('the lag of consumer groups', () => {
  let topics: ScratchTopics;
  let reader: ConsumerLagReader;

  beforeAll(async () => {
    topics = await scratchTopics(2);
    reader = new ConsumerLagReader(topics.kafka);
  });

  afterAll(() => topics.remove());

  const lagOf = async (topic: string) => (await reader.readLag([{ groupId: `${topic}.group`, topic }]))[0];

  const commit = (topic: string, partition: number, offset: string): Promise<void> =>
    commitOffset(topics.kafka, `${topic}.group`, { topic, partition, offset });

  async function write(topic: string, ...partitions: number[]): Promise<void> {
    const producer = topics.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: partitions.map((partition) => ({ value: 'x', partition })) });
    await producer.disconnect();
  }

  it('counts unacknowledged records over all partitions', async () => {
    const topic = await topics.deliveriesOf('counted');
    expect(await lagOf(topic)).toBe(0);
    await write(topic, 0, 0, 0, 1);
    expect(await lagOf(topic)).toBe(4);
    await commit(topic, 0, '2');
    expect(await lagOf(topic)).toBe(2);
  });

  it('is 0 when everything was read, even after transaction markers', async () => {
    const topic = await topics.deliveriesOf('transactions');
    await produceInTransaction(topics.kafka, topic, 'commit', [{ value: 'x', partition: 0 }]);
    // The record and the marker.
    await commit(topic, 0, '2');
    expect(await lagOf(topic)).toBe(0);
  });

  it('is unknown for a topic that does not exist, and known for all others', async () => {
    const [first, second] = [await topics.deliveriesOf('first'), await topics.deliveriesOf('second')];
    await write(first, 0);
    const missing = deliveriesTopic(topics.names, 'missing');
    const groups = [first, missing, second].map((topic) => ({ groupId: 'any', topic }));
    expect(await reader.readLag(groups)).toEqual([1, undefined, 0]);
  });

  it('is known for other topics after one was deleted', async () => {
    const [kept, deleted] = [await topics.deliveriesOf('kept'), await topics.deliveriesOf('deleted')];
    const groups = [kept, deleted].map((topic) => ({ groupId: 'any', topic }));
    expect(await reader.readLag(groups)).toEqual([0, 0]);
    await withAdmin(topics.kafka, (admin) => admin.deleteTopics({ topics: [deleted] }));
    await write(kept, 0);
    expect(await reader.readLag(groups)).toEqual([1, undefined]);
    const { ends } = await reader.clusterState([deleted, kept]);
    expect([...ends.keys()]).toEqual([kept]);
  });
});
