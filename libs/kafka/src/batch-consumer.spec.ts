import { FakeConsumers, silentLogger, until } from '@app/testing';
import { kafkaError } from '../test/fake-kafka';
import { type ConsumedBatch } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import * as metrics from './kafka.metrics';

// Jest's fake timers do not replace this module.
jest.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms, value);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new Error('aborted'));
      });
    }),
}));

const topic = 'events';

describe('BatchConsumer', () => {
  let group: FakeConsumers;
  let consumers: BatchConsumer[];
  /** Batches that the handler has received and not acked. */
  let held: ConsumedBatch[];

  beforeEach(() => {
    group = new FakeConsumers(topic);
    consumers = [];
    held = [];
  });

  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()));
  });

  function create(options: Partial<BatchConsumerOptions> = {}): BatchConsumer {
    const consumer = new BatchConsumer({
      kafka: group.asKafka,
      topic,
      groupId: 'group',
      handler: (batch) => {
        held.push(batch);
        return Promise.resolve();
      },
      concurrentBatches: true,
      maxBatchRecords: 100,
      maxUnackedBytes: () => 1_000_000,
      commitIntervalMs: 5,
      logger: silentLogger,
      ...options,
    });
    consumers.push(consumer);
    return consumer;
  }

  /** A member that has these partitions. */
  async function joined(
    partitions: readonly number[],
    options: Partial<BatchConsumerOptions> = {},
  ): Promise<BatchConsumer> {
    for (const partition of partitions)
      if (!group.partitions.has(partition)) group.partitions.set(partition, { low: 0, high: 1_000 });
    const consumer = create(options);
    await consumer.start();
    await join(consumer, ...partitions);
    return consumer;
  }

  /** Resolves when every partition has its start offset. */
  async function join(consumer: BatchConsumer, ...partitions: number[]): Promise<void> {
    const { calls } = group.last;
    const before = calls.length;
    group.last.join(...partitions);
    await until(
      () =>
        consumer.joined &&
        partitions.every((partition) =>
          calls.slice(before).some((call) => call.startsWith(`seek ${partition} `)),
        ),
    );
  }

  const offsets = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i);
  const offsetsHeld = (): number[] => held.flatMap(({ records }) => records.map(({ offset }) => offset));
  const callsSince = (start: number): string[] => group.last.calls.slice(start);

  describe('when it joins the group', () => {
    it('starts at the committed offset, or else at the first record', async () => {
      group.partitions.set(0, { low: 10, high: 100, committed: 42 });
      group.partitions.set(1, { low: 10, high: 100 });
      await joined([0, 1]);
      expect(group.last.calls).toEqual([
        'run',
        'pause 0',
        'pause 1',
        'seek 0 to 42',
        'resume 0',
        'seek 1 to 10',
        'resume 1',
      ]);
    });

    it('starts at the first remaining record if retention has deleted the committed offset', async () => {
      group.partitions.set(0, { low: 50, high: 100, committed: 42 });
      await joined([0]);
      expect(group.last.calls).toContain('seek 0 to 50');
    });

    it('continues after the unacked records of partitions that it keeps, without committing them', async () => {
      const consumer = await joined([0]);
      group.last.fetch(0, offsets(0, 100));
      await until(() => offsetsHeld().length === 100);
      const start = group.last.calls.length;
      group.partitions.set(1, { low: 0, high: 1_000 });
      await join(consumer, 0, 1);
      expect(callsSince(start)).toEqual([
        'pause 0',
        'pause 1',
        'seek 0 to 100',
        'resume 0',
        'seek 1 to 0',
        'resume 1',
      ]);
      expect(held[0]?.signal.aborted).toBe(false);
      expect(group.partitions.get(0)?.committed ?? 0).toBe(0);
    });

    it('keeps a partition paused that has reached the memory limit', async () => {
      const consumer = await joined([0], { maxUnackedBytes: () => 10_000 });
      group.last.fetch(0, offsets(0, 100));
      await until(() => group.last.calls.includes('pause 0'));
      const start = group.last.calls.length;
      await join(consumer, 0);
      expect(callsSince(start)).toEqual(['pause 0', 'seek 0 to 100']);
    });

    it('aborts the batches of revoked partitions, and restarts at the committed offset if it gets them back', async () => {
      const consumer = await joined([0, 1]);
      group.last.fetch(0, offsets(0, 100));
      await until(() => held.length === 1);
      await join(consumer, 1);
      expect(held[0]?.signal.aborted).toBe(true);
      expect(group.last.fetch(0, offsets(100, 200))).toBeUndefined();
      await join(consumer, 0, 1);
      expect(group.last.calls.at(-4)).toBe('seek 0 to 0');
    });

    it('joins again if it cannot read the offsets of its partitions', async () => {
      group.partitions.set(0, { low: 0, high: 10 });
      group.failedAdminConnects = 1;
      const consumer = create();
      await consumer.start();
      group.last.join(0);
      await until(() => group.all.length === 2 && group.last.calls.includes('run'));
      await join(consumer, 0);
      expect(group.last.calls).toContain('resume 0');
    });

    it('joins again if the offsets of a partition are missing', async () => {
      group.partitions.set(0, { low: 0, high: 10 });
      const consumer = create();
      await consumer.start();
      group.last.join(0, 1);
      await until(() => group.all.length === 2);
      group.partitions.set(1, { low: 0, high: 10 });
      await until(() => group.last.calls.includes('run'));
      await join(consumer, 0, 1);
      expect(group.last.calls).toContain('resume 1');
    });
  });

  describe('a batch', () => {
    it('is dropped and read again if it does not continue at the position', async () => {
      const consumer = await joined([0]);
      group.last.fetch(0, offsets(0, 100));
      await until(() => held.length === 1);
      await join(consumer, 0);
      const start = group.last.calls.length;
      expect(group.last.fetch(0, offsets(300, 400))).toBeUndefined();
      expect(callsSince(start)).toEqual(['seek 0 to 100']);
      expect(group.last.fetch(0, offsets(100, 200))).toBe(199);
      await until(() => held.length === 2);
      expect(offsetsHeld()).toEqual(offsets(0, 200));
    });

    it('is accepted if it comes back, since the records between no longer exist', async () => {
      await joined([0]);
      expect(group.last.fetch(0, offsets(300, 400))).toBeUndefined();
      expect(group.last.fetch(0, offsets(300, 400))).toBe(399);
      await until(() => held.length === 1);
      expect(offsetsHeld()).toEqual(offsets(300, 400));
    });

    it('continues at the requested offset, whatever the offset of its first record is', async () => {
      await joined([0]);
      expect(group.last.fetch(0, [3, 4], { fetchedOffset: 0 })).toBe(4);
      expect(group.last.fetch(0, [9], { fetchedOffset: 5 })).toBe(9);
      await until(() => offsetsHeld().length === 3);
    });

    it('is dropped if it is stale', async () => {
      await joined([0]);
      expect(group.last.fetch(0, offsets(0, 10), { isStale: true })).toBeUndefined();
      expect(group.last.fetch(0, offsets(0, 10))).toBe(9);
    });

    it('is dropped if it was fetched before its partition was paused', async () => {
      const consumer = await joined([0]);
      consumer.pause();
      expect(group.last.fetch(0, offsets(0, 10))).toBeUndefined();
      consumer.resume();
      expect(group.last.calls.slice(-2)).toEqual(['pause 0', 'resume 0']);
      expect(group.last.fetch(0, offsets(0, 10))).toBe(9);
    });

    it('is dropped if its consumer object was replaced', async () => {
      const consumer = await joined([0]);
      const [first] = group.all;
      first?.crash(new Error('broken'));
      expect(first?.fetch(0, offsets(0, 10))).toBeUndefined();
      await until(() => group.all.length === 2 && group.last.calls.includes('run'));
      await join(consumer, 0);
      expect(group.last.fetch(0, offsets(0, 10))).toBe(9);
    });
  });

  describe('a commit', () => {
    const failures = async (): Promise<number> =>
      (await metrics.commitFailures.get()).values.reduce((sum, { value }) => sum + value, 0);

    it('has the offset of the first record that is not acked', async () => {
      await joined([0]);
      group.last.fetch(0, offsets(0, 10));
      await until(() => held.length === 1);
      const [batch] = held;
      for (const record of batch?.records ?? []) if (record.offset !== 7) batch?.ack(record);
      await until(() => group.partitions.get(0)?.committed === 7);
    });

    it('is counted if it fails, and retried', async () => {
      const before = await failures();
      group.commitError = new Error('GROUP_AUTHORIZATION_FAILED');
      await joined([0]);
      group.last.fetch(0, offsets(0, 10));
      await until(() => held.length === 1);
      held[0]?.records.forEach((record) => held[0]?.ack(record));
      while ((await failures()) < before + 5) await new Promise(setImmediate);
      group.commitError = undefined;
      await until(() => group.partitions.get(0)?.committed === 10);
    });

    /** One batch of ten records, all of them acked. */
    async function acknowledged(): Promise<BatchConsumer> {
      const consumer = await joined([0]);
      group.last.fetch(0, offsets(0, 10));
      await until(() => held.length === 1);
      held[0]?.records.forEach((record) => held[0]?.ack(record));
      return consumer;
    }

    /** Expects that the consumer object is replaced, and that its successor commits after joining, without a fetch. */
    async function committedByTheNext(consumer: BatchConsumer): Promise<void> {
      await until(() => group.all.length === 2 && group.last.calls.includes('run'));
      const before = await failures();
      // Several commit intervals.
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(await failures()).toBe(before);
      await join(consumer, 0);
      await until(() => group.partitions.get(0)?.committed === 10);
      expect(held).toHaveLength(1);
    }

    it('is made by a new consumer object if the coordinator of the group has moved', async () => {
      const consumer = await acknowledged();
      group.commitError = Object.assign(new Error('moved'), { type: 'NOT_COORDINATOR_FOR_GROUP' });
      await until(() => !consumer.joined);
      group.commitError = undefined;
      await committedByTheNext(consumer);
    });

    it('does not count if its consumer object has ended, although kafkajs reports success', async () => {
      const consumer = await acknowledged();
      group.insteadOfCommit = () => {
        group.last.crash(new Error('broken'));
      };
      await committedByTheNext(consumer);
    });

    it('for a revoked partition never moves the offset of its new owner back', async () => {
      const { promise: mayEnd, resolve: end } = Promise.withResolvers<undefined>();
      const consumer = await joined([0, 1], {
        handler: async (batch) => {
          held.push(batch);
          await mayEnd;
          batch.records.forEach(batch.ack);
        },
      });
      group.last.fetch(0, offsets(0, 10));
      await until(() => held.length === 1);
      await join(consumer, 1);
      group.partitions.set(0, { low: 0, high: 1_000, committed: 500 });
      end(undefined);
      group.last.fetch(1, offsets(0, 10));
      await until(() => group.partitions.get(1)?.committed === 10);
      expect(group.partitions.get(0)?.committed).toBe(500);
    });
  });

  describe('its memory use', () => {
    const paused = (): string[] => group.last.calls.filter((call) => /^(pause|resume)/.test(call)).slice(-2);

    it('is limited for all partitions together', async () => {
      await joined([0, 1], { maxUnackedBytes: () => 10_000 });
      group.last.fetch(0, offsets(0, 100));
      await until(() => group.last.calls.includes('pause 1', group.last.calls.indexOf('resume 1')));
      expect(paused().toSorted()).toEqual(['pause 0', 'pause 1']);
      for (const batch of held) batch.records.forEach(batch.ack);
      await until(() => group.last.calls.at(-1) === 'resume 1');
      expect(paused()).toEqual(['resume 0', 'resume 1']);
    });

    it.each([
      ['copies records', true],
      ['does not copy records', false],
    ])('%s out of the fetch response (concurrent batches: %s)', async (_, concurrentBatches) => {
      const response = Buffer.alloc(1024 * 1024, 'x');
      await joined([0], { concurrentBatches });
      group.last.fetch(0, offsets(0, 3), {
        recordAt: (offset) => ({ key: null, value: response.subarray(offset, offset + 10) }),
      });
      await until(() => offsetsHeld().length === 3);
      const values = held.flatMap(({ records }) => records.map(({ value }) => value));
      expect(values.map(String)).toEqual(Array(3).fill('xxxxxxxxxx'));
      for (const value of values) expect(value?.buffer === response.buffer).toBe(!concurrentBatches);
    });

    it('is bounded by the number of runs of left records', async () => {
      await joined([0], {
        handler: (batch) => {
          for (const record of batch.records) (record.offset % 2 === 0 ? batch.leave : batch.ack)(record);
          return Promise.resolve();
        },
        maxUnackedBytes: () => Infinity,
      });
      group.last.fetch(0, offsets(0, 59_999));
      await new Promise(setImmediate);
      expect(group.last.calls.at(-1)).toBe('resume 0');
      group.last.fetch(0, offsets(59_999, 60_001));
      await until(() => group.last.calls.at(-1) === 'pause 0');
    });

    it('is bounded by the number of left records, until they are read again', async () => {
      const count = 100_001;
      let mayLeave = true;
      const consumer = await joined([0], {
        handler: (batch) => {
          batch.records.forEach(mayLeave ? batch.leave : batch.ack);
          return Promise.resolve();
        },
        maxUnackedBytes: () => Infinity,
      });
      group.last.fetch(0, offsets(0, count - 1));
      await new Promise(setImmediate);
      expect(group.last.calls.at(-1)).toBe('resume 0');
      group.last.fetch(0, [count - 1]);
      await until(() => group.last.calls.at(-1) === 'pause 0');
      mayLeave = false;
      consumer.rereadLeft();
      expect(group.last.calls.slice(-2)).toEqual(['seek 0 to 0', 'resume 0']);
      group.last.fetch(0, offsets(0, count));
      await until(() => group.partitions.get(0)?.committed === count);
    });
  });

  describe('with fake timers', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    });

    afterEach(() => {
      jest.useRealTimers();
    });

    const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

    /** Time passes while every broker responds to fetches, which have no records. */
    async function passFetching(ms: number): Promise<void> {
      for (let passedMs = 0; passedMs < ms; passedMs += 5_000) {
        group.last.fetchEvent(1, 'ended');
        await pass(5_000);
      }
    }

    describe('a stall at the memory limit', () => {
      async function filled(onStall: () => void): Promise<void> {
        await joined([0, 1], { maxUnackedBytes: () => 10_000, onStall });
        group.last.fetch(0, offsets(0, 100));
        await until(() => group.last.calls.includes('pause 1', group.last.calls.indexOf('resume 1')));
      }

      const ackOne = (n: number): void => {
        const record = held.flatMap((batch) => batch.records)[n];
        if (record !== undefined) held[0]?.ack(record);
      };

      it('is reported if no record is handled for a while', async () => {
        let stalls = 0;
        await filled(() => (stalls += 1));
        await pass(1_000);
        expect(stalls).toBe(0);
        await pass(1_000);
        expect(stalls).toBe(1);
      });

      it('is not reported while records are handled, although another partition waits for them', async () => {
        let stalls = 0;
        await filled(() => (stalls += 1));
        for (let n = 0; n < 20; n++) {
          ackOne(n);
          await pass(1_000);
        }
        expect(stalls).toBe(0);
      });

      it('is reported for a partition that handles nothing of its share while others continue', async () => {
        let stalls = 0;
        await filled(() => (stalls += 1));
        for (let n = 0; n < 96; n++) ackOne(n);
        await until(() => group.last.calls.at(-1) === 'resume 1');
        for (let n = 0; n < 3; n++) {
          group.last.fetch(1, [n]);
          await until(() => held.some(({ partition }) => partition === 1));
          const last = held.at(-1);
          last?.records.forEach(last.ack);
          await pass(1_000);
        }
        expect(stalls).toBeGreaterThan(0);
      });
    });

    describe('a partition that has records but is no longer read', () => {
      it('is read by a new consumer object after 45 s if nothing is fetched', async () => {
        const consumer = await joined([0]);
        await pass(45_000);
        expect(consumer.joined).toBe(true);
        await pass(30_000);
        expect(group.all).toHaveLength(2);
        await join(consumer, 0);
        expect(group.last.calls).toContain('seek 0 to 0');
      });

      it('is read by a new consumer object after 45 s if only its broker does not respond', async () => {
        await joined([0]);
        group.last.fetchEvent(2, 'begins');
        await passFetching(75_000);
        expect(group.all).toHaveLength(2);
      });

      it('may wait for an open transaction for 15 minutes while every broker responds', async () => {
        await joined([0]);
        await passFetching(14 * 60_000);
        expect(group.all).toHaveLength(1);
        await passFetching(2 * 60_000);
        expect(group.all).toHaveLength(2);
      });

      it.each<[string, (consumer: BatchConsumer) => void]>([
        [
          'is read from time to time',
          () => {
            group.last.fetch(0, [offsetsHeld().length]);
          },
        ],
        [
          'is paused',
          (consumer) => {
            consumer.pause();
          },
        ],
        [
          'has been read to its end',
          () => {
            group.last.fetch(0, offsets(0, 1_000));
          },
        ],
      ])('does not count as stuck if it %s', async (_, act) => {
        const consumer = await joined([0]);
        for (let i = 0; i < 10; i++) {
          act(consumer);
          await pass(30_000);
        }
        expect(group.all).toHaveLength(1);
      });
    });

    describe('a commit that fails because the coordinator does not know the member', () => {
      beforeEach(async () => {
        await joined([0]);
        group.last.fetch(0, offsets(0, 1_000));
        await until(() => held.length > 0);
        for (const batch of held) batch.records.forEach(batch.ack);
        group.commitError = kafkaError('UNKNOWN_MEMBER_ID');
      });

      it('waits while kafkajs joins again', async () => {
        await pass(40_000);
        group.last.join(0);
        await pass(40_000);
        expect(group.all).toHaveLength(1);
      });

      it('is made by a new consumer object if kafkajs has not joined again after 45 s', async () => {
        await pass(50_000);
        expect(group.all).toHaveLength(2);
      });
    });

    describe('failures in a row', () => {
      /** Lets the consumer object fail as soon as it runs, the given number of times. */
      async function fail(times: number): Promise<void> {
        for (let i = 0; i < times; i++) {
          await until(() => group.last.calls.includes('run'));
          group.last.crash(new Error(`failure ${String(i)}`));
          await pass(10_000);
        }
      }

      it('are reported as fatal from the tenth on', async () => {
        const fatal: unknown[] = [];
        await create({ onFatal: (error) => fatal.push(error) }).start();
        await fail(9);
        expect(fatal).toEqual([]);
        await fail(1);
        expect(fatal).toHaveLength(1);
      });

      it('are reported as not ready, with the permission that Kafka denied', async () => {
        group.partitions.set(0, { low: 0, high: 1_000 });
        const consumer = create();
        await consumer.start();
        await until(() => group.last.calls.includes('run'));
        group.last.crash(kafkaError('GROUP_AUTHORIZATION_FAILED'));
        expect(consumer.problem).toContain('denied the user of this app Read on the group group');
        await pass(10_000);
        await until(() => group.last.calls.includes('run'));
        await join(consumer, 0);
        expect(consumer.problem).toBeUndefined();
      });

      it('are retried indefinitely by default, at most 10 s apart', async () => {
        await create().start();
        await fail(30);
        await until(() => group.last.calls.includes('run'));
        expect(group.all).toHaveLength(31);
      });

      it('start again after records were read, or after a session of a minute', async () => {
        const fatal: unknown[] = [];
        const consumer = await joined([0], { onFatal: (error) => fatal.push(error) });
        await fail(9);
        await until(() => group.last.calls.includes('run'));
        await join(consumer, 0);
        group.last.fetch(0, [0]);
        await fail(9);
        await until(() => group.last.calls.includes('run'));
        await join(consumer, 0);
        await passFetching(65_000);
        await fail(9);
        expect(fatal).toEqual([]);
      });
    });
  });

  describe('its lifecycle', () => {
    it('replaces a crashed consumer object, and continues after the unacked records', async () => {
      const consumer = await joined([0]);
      group.last.fetch(0, offsets(0, 100));
      await until(() => held.length === 1);
      group.last.crash(new Error('broken'));
      expect(consumer.joined).toBe(false);
      await until(() => group.all.length === 2 && group.last.calls.includes('run'));
      expect(group.all[0]?.calls.at(-1)).toBe('disconnect');
      await join(consumer, 0);
      expect(group.last.calls).toContain('seek 0 to 100');
    });

    it('accepts acks while kafkajs has no group membership, and replaces the consumer object', async () => {
      const consumer = await joined([0], { maxUnackedBytes: () => 10_000 });
      group.last.fetch(0, offsets(0, 100));
      await until(() => offsetsHeld().length === 100);
      group.last.isRejectingCalls = true;
      for (const batch of held) batch.records.forEach(batch.ack);
      await until(() => group.all.length === 2 && group.last.calls.includes('run'));
      await join(consumer, 0);
      expect(group.last.calls).toEqual(['run', 'pause 0', 'seek 0 to 100', 'resume 0']);
    });

    it('closes only after a join in progress, so that no second member stays behind', async () => {
      const { promise: mayJoin, resolve: letJoin } = Promise.withResolvers<undefined>();
      group.joining = mayJoin;
      const consumer = create();
      void consumer.start();
      await until(() => group.all.length === 1);
      const closed = consumer.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(group.last.calls).toEqual([]);
      letJoin(undefined);
      await closed;
      expect(group.all).toHaveLength(1);
      expect(group.last.calls).toEqual(['run', 'disconnect']);
    });

    it('commits acked records when it closes', async () => {
      const consumer = await joined([0], { commitIntervalMs: 3_600_000 });
      group.last.fetch(0, offsets(0, 10));
      await until(() => held.length === 1);
      held[0]?.records.forEach((record) => held[0]?.ack(record));
      await consumer.close();
      expect(group.partitions.get(0)?.committed).toBe(10);
      expect(group.last.calls.at(-1)).toBe('disconnect');
    });
  });
});
