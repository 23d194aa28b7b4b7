import { type KafkaClient } from './connect';
import { PartitionPositions } from './partition-positions';

describe('the positions of a group', () => {
  it('are read by a new admin client after one that could not connect', async () => {
    let clients = 0;
    const admin = () => {
      clients += 1;
      return {
        connect: () => (clients === 1 ? Promise.reject(new Error('connection refused')) : Promise.resolve()),
        disconnect: () => Promise.resolve(),
        fetchTopicOffsets: () => Promise.resolve([{ partition: 0, low: '3', high: '9' }]),
        fetchOffsets: () =>
          Promise.resolve([{ topic: 'topic', partitions: [{ partition: 0, offset: '5' }] }]),
      };
    };
    const positions = new PartitionPositions({ admin } as unknown as KafkaClient, 'group', 'topic');
    await expect(positions.read()).rejects.toThrow('connection refused');
    expect(await positions.read()).toEqual(new Map([[0, { low: 3, high: 9, committed: 5 }]]));
    expect(clients).toBe(2);
  });
});
