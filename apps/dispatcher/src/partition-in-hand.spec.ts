import { PartitionInHand } from './partition-in-hand';

const eventOf = (projectId: string, bytes = 200) => ({ projectId, record: { value: Buffer.alloc(bytes) } });

const partitionWith = (counts: Record<string, number>) => {
  const partition = new PartitionInHand<ReturnType<typeof eventOf>>({ records: 100, bytes: 1_000_000 });
  for (const [projectId, count] of Object.entries(counts))
    for (let i = 0; i < count; i++) partition.add(eventOf(projectId));
  return partition;
};

describe('what is in hand of a partition', () => {
  it('is crowded by nobody while half of the allowance is free', () => {
    expect(partitionWith({ large: 50 }).crowdedBy).toEqual([]);
  });

  it('is crowded by a project that takes more than half of the allowance alone', () => {
    expect(partitionWith({ large: 51 }).crowdedBy).toEqual(['large']);
  });

  it('is crowded by those who take more than their share, not by those who came last', () => {
    expect(partitionWith({ large: 40, small: 11 }).crowdedBy).toEqual(['large']);
    expect(partitionWith({ a: 30, b: 30, small: 3 }).crowdedBy).toEqual(['a', 'b']);
  });

  it('counts bytes as well as events', () => {
    const partition = partitionWith({ small: 10 });
    for (let i = 0; i < 3; i++) partition.add(eventOf('large', 200_000));
    expect(partition.crowdedBy).toEqual(['large']);
  });

  it('is free again once events are dealt with, each counted once', () => {
    const partition = partitionWith({ other: 10 });
    const events = Array.from({ length: 60 }, () => eventOf('large'));
    for (const event of events) partition.add(event);
    expect(partition.isCrowdedBy('large')).toBe(true);
    for (const event of events.slice(0, 30)) {
      partition.remove(event);
      partition.remove(event);
    }
    expect(partition.crowdedBy).toEqual([]);
    expect(partition.events.size).toBe(40);
  });
});
