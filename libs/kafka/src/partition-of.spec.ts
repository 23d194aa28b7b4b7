import fc from 'fast-check';
import { type PartitionMetadata, Partitioners } from 'kafkajs';
import { keyPartitioner } from './partition-of';

const partitions = (count: number): PartitionMetadata[] =>
  Array.from({ length: count }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));

describe('the partition of a key', () => {
  it('is the same as in kafkajs, and so in the Java client', () => {
    const ours = keyPartitioner();
    const theirs = Partitioners.DefaultPartitioner();
    const keys = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 500 }), (key, count) => {
        const args = { topic: 't', partitionMetadata: partitions(count), message: { key, value: null } };
        expect(ours(args)).toBe(theirs(args));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the partition of the record, if it has one', () => {
    const message = { key: 'k', value: null, partition: 0 };
    const chosen = [1, 2, 3].map((partition) =>
      keyPartitioner()({ topic: 't', partitionMetadata: partitions(9), message: { ...message, partition } }),
    );
    expect(chosen).toEqual([1, 2, 3]);
  });

  it('is chosen round-robin without a key', () => {
    const choose = keyPartitioner();
    const args = { topic: 't', partitionMetadata: partitions(4), message: { key: null, value: null } };
    expect(new Set([choose(args), choose(args), choose(args), choose(args)]).size).toBe(4);
  });

  it('is not an avoided one without a key, unless all are avoided', () => {
    const args = { topic: 't', partitionMetadata: partitions(4), message: { key: null, value: null } };
    const chosen = (isAvoided: (partition: number) => boolean): Set<number> => {
      const choose = keyPartitioner(isAvoided);
      return new Set([choose(args), choose(args), choose(args), choose(args)]);
    };
    expect(chosen((partition) => partition !== 1 && partition !== 3)).toEqual(new Set([1, 3]));
    expect(chosen(() => true).size).toBe(4);
  });
});
