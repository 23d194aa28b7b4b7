import fc from 'fast-check';
import { partitionOf } from './partition-of';
import { PartitionQueues, type QueuedRecord, RecordQueue } from './partition-queues';
import { sizeOf } from './records';

interface QueuedNumber extends QueuedRecord {
  call: { isOver: boolean };
}
const queued = (value: string, over: Partial<QueuedRecord['record']> = {}): QueuedNumber => {
  const record = { topic: 't', key: 'k', value, ...over };
  return { record, bytes: sizeOf(record), call: { isOver: false } };
};
const valuesOf = (records: readonly QueuedRecord[]): unknown[] => records.map(({ record }) => record.value);
const everything = [1_000, 1_000_000] as const;

describe('a queue of records', () => {
  it('returns as many records as fit into a request, and at least one', () => {
    const queue = new RecordQueue<QueuedNumber>();
    for (const value of ['a', 'b', 'c', 'd']) queue.add(queued(value));
    const { record } = queued('a');
    expect(valuesOf(queue.take(1_000, 1))).toEqual(['a']);
    expect(valuesOf(queue.take(1_000, 2 * sizeOf(record)))).toEqual(['b', 'c']);
    expect(valuesOf(queue.take(1, 1_000))).toEqual(['d']);
    expect(queue.isEmpty).toBe(true);
  });

  it('returns requeued records first', () => {
    const queue = new RecordQueue<QueuedNumber>();
    for (const value of ['a', 'b', 'c']) queue.add(queued(value));
    queue.requeue(queue.take(2, 1_000));
    expect(valuesOf(queue.takeAll())).toEqual(['a', 'b', 'c']);
  });

  it('drops the records of calls that are over', () => {
    const queue = new RecordQueue<QueuedNumber>();
    const over = queued('b');
    for (const one of [queued('a'), over, queued('c')]) queue.add(one);
    over.call.isOver = true;
    expect(valuesOf(queue.take(...everything))).toEqual(['a', 'c']);
    expect(queue.isEmpty).toBe(true);
  });
});

describe('the queues of a topic', () => {
  it('isolate a partition with all its waiting records, and leave the others in place', () => {
    const queues = new PartitionQueues<QueuedNumber>();
    const first = queued('a', { partition: 0 });
    for (const [value, partition] of [['b', 1], ['c', 0]] as const) queues.add(queued(value, { partition })); // prettier-ignore
    const [isolated] = queues.isolate([first], 3);
    queues.add(queued('d', { partition: 0 }));
    queues.add(queued('e', { partition: 1 }));
    expect(isolated?.partition).toBe(0);
    expect(valuesOf(isolated?.takeAll() ?? [])).toEqual(['a', 'c', 'd']);
    expect(valuesOf(queues.shared.takeAll())).toEqual(['b', 'e']);
    expect([queues.isIsolated(0), queues.isIsolated(1)]).toEqual([true, false]);
  });

  it('share a partition again only when nothing waits for it', () => {
    const queues = new PartitionQueues<QueuedNumber>();
    const [isolated] = queues.isolate([queued('a', { partition: 0 })], 3);
    if (isolated === undefined) throw new Error('not isolated');
    queues.rejoin(isolated);
    expect(queues.hasIsolated).toBe(true);
    isolated.takeAll();
    queues.rejoin(isolated);
    expect(queues.hasIsolated).toBe(false);
    expect(queues.add(queued('b', { partition: 0 }))).toBe(queues.shared);
  });

  it('share the records without a key', () => {
    const queues = new PartitionQueues<QueuedNumber>();
    expect(queues.isolate([queued('a', { key: null })], 3)).toEqual([]);
    expect(valuesOf(queues.shared.takeAll())).toEqual(['a']);
  });

  it('keep a key in one queue although partitions are added in the meantime', () => {
    const key = ['a', 'b', 'c', 'd', 'e', 'f'].find((one) => partitionOf(one, 2) !== partitionOf(one, 7));
    if (key === undefined) throw new Error('no such key');
    const queues = new PartitionQueues<QueuedNumber>();
    const [isolated] = queues.isolate([queued('1', { key })], 2);
    queues.isolate([queued('x', { partition: 1 - partitionOf(key, 2) })], 7);
    expect(queues.add(queued('2', { key }))).toBe(isolated);
  });

  it('write each key in the order of the calls, whatever fails', () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.nat({ max: 7 }).map((key) => ({ kind: 'add' as const, key })) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), which: fc.nat({ max: 5 }), failing: fc.nat({ max: 7 }) }) }, // prettier-ignore
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 3 }), (actions, count) => {
        const queues = new PartitionQueues<QueuedNumber>();
        const all = new Set([queues.shared]);
        const written: string[] = [];
        let added = 0;
        const write = (queue: RecordQueue<QueuedNumber>, failing: number): void => {
          const request = queue.take(3, 1_000_000);
          // Bit mask of the partitions that fail.
          const fails = ({ record: { key } }: QueuedNumber): boolean =>
            (failing & (1 << partitionOf(String(key), count))) !== 0;
          const unwritten = request.filter(fails);
          written.push(...request.filter((one) => !fails(one)).map(({ record }) => String(record.value)));
          if (unwritten.length === 0) queues.rejoin(queue);
          else if (queue === queues.shared) for (const one of queues.isolate(unwritten, count)) all.add(one);
          else queue.requeue(unwritten);
        };
        for (const act of actions) {
          const queue = 'which' in act ? [...all][act.which % all.size] : undefined;
          if (act.kind === 'add')
            queues.add(queued(`${keys[act.key]}${added++}`, { key: keys[act.key] ?? '' }));
          else if (queue !== undefined) write(queue, act.failing);
        }
        while ([...all].some(({ isEmpty }) => !isEmpty)) for (const queue of [...all]) write(queue, 0);
        expect(written).toHaveLength(added);
        for (const key of keys) {
          const numbers = written
            .filter((value) => value.startsWith(key))
            .map((value) => Number(value.slice(1)));
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});
