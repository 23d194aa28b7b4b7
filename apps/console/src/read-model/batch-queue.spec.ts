import { type ConsumedBatch, type ConsumedRecord } from '@app/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Records, topics } from '../../test/records';
import { BatchQueue } from './batch-queue';

describe('BatchQueue', () => {
  let applied: number[][];
  let acked: ConsumedRecord[];
  let failure: Error | undefined;
  let queue: BatchQueue;

  beforeEach(() => {
    applied = [];
    acked = [];
    failure = undefined;
    queue = new BatchQueue((batches) => {
      if (failure !== undefined) throw failure;
      applied.push(batches.map(({ partition }) => partition));
    });
  });

  function batchOf(partition: number, size = 1): ConsumedBatch {
    const r = new Records();
    return {
      topic: topics.events,
      partition,
      records: Array.from({ length: size }, (_, i) => r.event(`${partition}-${i}`)),
      signal: new AbortController().signal,
      ack: (record) => acked.push(record),
      leave: () => undefined,
    };
  }

  it('applies the batches of one turn together, and acks their records', async () => {
    const batches = [batchOf(0), batchOf(1, 2), batchOf(2)];
    await Promise.all(batches.map((batch) => queue.apply(batch)));
    expect(applied).toEqual([[0, 1, 2]]);
    expect(acked).toEqual(batches.flatMap(({ records }) => records));
    await queue.apply(batchOf(3));
    expect(applied).toEqual([[0, 1, 2], [3]]);
  });

  it('applies at most 250 records in one turn, or a single batch', async () => {
    const all = Promise.all([0, 1, 2].map((partition) => queue.apply(batchOf(partition, 125))));
    const large = queue.apply(batchOf(3, 300));
    await nextTurn();
    expect(applied).toEqual([[0, 1]]);
    await all;
    await large;
    expect(applied).toEqual([[0, 1], [2], [3]]);
  });

  it('rejects all batches of a failed call, without acking a record, and continues with later ones', async () => {
    failure = new Error('disk is full');
    const results = await Promise.allSettled([queue.apply(batchOf(0)), queue.apply(batchOf(1))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(acked).toEqual([]);
    failure = undefined;
    await queue.apply(batchOf(0));
    expect(acked).toHaveLength(1);
  });
});
