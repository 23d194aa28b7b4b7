import { silentLogger, until } from '@app/testing';
import { type BatchHandler, type ConsumedBatch } from './batch';
import { PartitionWorker, type PartitionWorkerOptions } from './partition-worker';
import { type ConsumedRecord } from './records';

const record = (offset: number): ConsumedRecord => ({
  topic: 'events',
  partition: 0,
  offset,
  timestampMs: 0,
  key: null,
  value: Buffer.from(String(offset)),
  headers: {},
});
const records = (...offsets: number[]): ConsumedRecord[] => offsets.map(record);
const offsetsOf = (batch: ConsumedBatch): number[] => batch.records.map(({ offset }) => offset);

describe('PartitionWorker', () => {
  function workerFor(handler: BatchHandler, options: Partial<PartitionWorkerOptions> = {}): PartitionWorker {
    return new PartitionWorker({
      topic: 'events',
      partition: 0,
      position: 0,
      handler,
      concurrentBatches: false,
      maxBatchRecords: 2,
      onProgress: () => undefined,
      onFatal: (error) => {
        throw error;
      },
      logger: silentLogger,
      ...options,
    });
  }

  it('passes batches of limited size to the handler, one after another', async () => {
    const batches: number[][] = [];
    let isBusy = false;
    const worker = workerFor(async (batch) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await new Promise(setImmediate);
      isBusy = false;
      batches.push(offsetsOf(batch));
      batch.records.forEach(batch.ack);
    });
    worker.offer(records(0, 1, 2), 2);
    worker.offer(records(3, 4), 4);
    await until(() => worker.offsets.committable === 5);
    expect(batches.every((batch) => batch.length <= 2)).toBe(true);
    expect(batches.flat()).toEqual([0, 1, 2, 3, 4]);
    expect(worker.unackedBytes).toBe(0);
  });

  it('passes on the next batch before the last is finished, if batches may overlap', async () => {
    const batches: ConsumedBatch[] = [];
    const worker = workerFor(
      (batch) => {
        batches.push(batch);
        return new Promise(() => undefined);
      },
      { concurrentBatches: true },
    );
    worker.offer(records(0, 1, 2, 3), 3);
    await until(() => batches.length === 2);
    expect(worker.offsets.committable).toBe(0);
    expect(worker.unackedBytes).toBeGreaterThan(0);
  });

  it.each([true, false])(
    'handles records offered when its queue has just become empty (concurrent batches: %s)',
    async (concurrentBatches) => {
      for (let turns = 0; turns < 10; turns++) {
        const handled: number[] = [];
        const worker = workerFor(
          (batch) => {
            handled.push(...offsetsOf(batch));
            return Promise.resolve();
          },
          { concurrentBatches },
        );
        worker.offer(records(0), 0);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        worker.offer(records(1), 1);
        await new Promise(setImmediate);
        expect(handled).toEqual([0, 1]);
      }
    },
  );

  it('retries a failed batch without the records behind it', async () => {
    const attempts: number[][] = [];
    const worker = workerFor((batch) => {
      attempts.push(offsetsOf(batch));
      if (attempts.length === 1) return Promise.reject(new Error('not yet'));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    worker.offer(records(0, 1, 2), 2);
    await until(() => worker.offsets.committable === 3);
    expect(attempts).toEqual([[0, 1], [0, 1], [2]]);
  });

  it('reports the failure of a concurrent batch, since it cannot be retried in order', async () => {
    const failures: unknown[] = [];
    const worker = workerFor(() => Promise.reject(new Error('broken')), {
      concurrentBatches: true,
      onFatal: (error) => failures.push(error),
    });
    worker.offer(records(0), 0);
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([{ message: 'broken' }]);
  });

  it('counts a record once that is acked twice', async () => {
    const batches: ConsumedBatch[] = [];
    let progress = 0;
    const worker = workerFor(
      (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
      { onProgress: () => (progress += 1) },
    );
    worker.offer(records(0), 0);
    await until(() => batches.length === 1);
    const [batch] = batches;
    for (let i = 0; i < 2; i++) batch?.ack(record(0));
    expect(progress).toBe(1);
    expect(worker.unackedBytes).toBe(0);
  });

  it('commits nothing behind a left record until it is handled', async () => {
    const isReady = { value: false };
    const handled: number[] = [];
    const worker = workerFor((batch) => {
      for (const one of batch.records) {
        if (one.offset === 1 && !isReady.value) batch.leave(one);
        else {
          handled.push(one.offset);
          batch.ack(one);
        }
      }
      return Promise.resolve();
    });
    worker.offer(records(0, 1, 2, 3), 3);
    await until(() => handled.length === 3);
    expect(worker.offsets.committable).toBe(1);
    isReady.value = true;
    expect(worker.rereadLeft()).toBe(true);
    expect(worker.position).toBe(1);
    worker.offer(records(1, 2, 3, 4), 4);
    await until(() => worker.offsets.committable === 5);
    expect(handled).toEqual([0, 2, 3, 1, 4]);
    expect(worker.rereadLeft()).toBe(false);
  });

  it('rereads queued records behind left ones', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<undefined>();
    const handled: number[] = [];
    const worker = workerFor(async (batch) => {
      for (const one of batch.records) {
        if (one.offset === 0 && handled.length === 0) batch.leave(one);
        else {
          handled.push(one.offset);
          batch.ack(one);
        }
      }
      await mayEnd;
    });
    worker.offer(records(0, 1, 2, 3), 3);
    await until(() => handled.length === 1);
    worker.rereadLeft();
    end(undefined);
    worker.offer(records(0, 1, 2, 3), 3);
    await until(() => worker.offsets.committable === 4);
    expect(handled).toEqual([1, 0, 2, 3]);
  });

  it('starts no handler call after stop, and waits for those in progress', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<undefined>();
    const started: ConsumedBatch[] = [];
    const worker = workerFor(async (batch) => {
      started.push(batch);
      await mayEnd;
      batch.records.forEach(batch.ack);
    });
    worker.offer(records(0, 1, 2), 2);
    await until(() => started.length === 1);
    let isStopped = false;
    const stopped = worker.stop().then(() => {
      isStopped = true;
    });
    expect(started[0]?.signal.aborted).toBe(true);
    worker.offer(records(3), 3);
    await new Promise(setImmediate);
    expect(isStopped).toBe(false);
    end(undefined);
    await stopped;
    expect(started.map(offsetsOf)).toEqual([[0, 1]]);
    expect(worker.offsets.committable).toBe(2);
  });
});
