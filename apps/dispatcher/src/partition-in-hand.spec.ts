import fc from 'fast-check';
import { PartitionInHand } from './partition-in-hand';

const allowance = { records: 1_000, bytes: 1_000_000 };

const eventOf = (projectId: string, bytes = 200) => ({
  projectId,
  record: { key: null, value: Buffer.alloc(bytes) },
});

const partitionWith = (counts: Record<string, number>) => {
  const partition = new PartitionInHand<ReturnType<typeof eventOf>>(allowance);
  for (const [projectId, count] of Object.entries(counts))
    for (let i = 0; i < count; i++) partition.add(eventOf(projectId));
  return partition;
};

describe('what is in hand of a partition', () => {
  it('is crowded by a project that is alone with more than a quarter of the allowance', () => {
    expect(partitionWith({ large: 250 }).isCrowdedBy('large')).toBe(false);
    expect(partitionWith({ large: 251 }).isCrowdedBy('large')).toBe(true);
  });

  it('is crowded by the next with more than half of what is left of half', () => {
    expect(partitionWith({ large: 250, next: 125 }).isCrowdedBy('next')).toBe(false);
    expect(partitionWith({ large: 250, next: 126 }).isCrowdedBy('next')).toBe(true);
  });

  it('is not crowded by one that has little of it, nor by one that has nothing', () => {
    const partition = partitionWith({ large: 400, small: 10 });
    expect(partition.isCrowdedBy('small')).toBe(false);
    expect(partition.isCrowdedBy('nobody')).toBe(false);
  });

  it('counts bytes as well as events', () => {
    const partition = partitionWith({ small: 10 });
    for (let i = 0; i < 2; i++) partition.add(eventOf('large', 150_000));
    expect(partition.isCrowdedBy('large')).toBe(true);
    expect(partition.isCrowdedBy('small')).toBe(false);
  });

  it('is free again once events are dealt with, each counted once', () => {
    const partition = partitionWith({ other: 100 });
    const events = Array.from({ length: 300 }, () => eventOf('large'));
    for (const event of events) partition.add(event);
    expect(partition.isCrowdedBy('large')).toBe(true);
    for (const event of events.slice(0, 100)) {
      partition.remove(event);
      partition.remove(event);
    }
    expect(partition.isCrowdedBy('large')).toBe(false);
    expect(partition.events.size).toBe(300);
  });

  it('never has half of the allowance in the hands of projects that stop taking more when they crowd it', () => {
    const project = fc.integer({ min: 0, max: 9 }).map(String);
    fc.assert(
      fc.property(fc.array(project, { maxLength: 2_000 }), (arrivals) => {
        const partition = new PartitionInHand<ReturnType<typeof eventOf>>(allowance);
        for (const projectId of arrivals) {
          const event = eventOf(projectId, 0);
          partition.add(event);
          if (partition.isCrowdedBy(projectId)) partition.remove(event);
        }
        expect(partition.events.size).toBeLessThanOrEqual(allowance.records / 2);
      }),
    );
  });
});
