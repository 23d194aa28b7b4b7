import { quietLogger, type ScratchTopics, scratchTopics } from '../test/scratch-topics';
import { type ConsumedBatch } from './batch';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { RecordProducer } from './record-producer';

/** Waits for a condition, not for time; the test's own limit ends a vain wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('the batch consumer', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  const consumers: BatchConsumer[] = [];

  beforeEach(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, quietLogger);
    await producer.connect();
  });

  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
    await producer.disconnect();
    await topics.remove();
  });

  async function consume(
    handler: (batch: ConsumedBatch) => Promise<void>,
    options: Partial<BatchConsumerOptions> = {},
  ): Promise<BatchConsumer> {
    const consumer = new BatchConsumer({
      kafka: topics.kafka,
      groupId: `${topics.prefix}group`,
      handlers: new Map([[topics.names.events, handler]]),
      overlapping: false,
      maxBatchRecords: 100,
      maxUnsettledRecords: 1_000,
      maxUnsettledBytes: 10_000_000,
      commitIntervalMs: 100,
      onFatal: (error) => {
        throw error;
      },
      logger: quietLogger,
      ...options,
    });
    consumers.push(consumer);
    await consumer.start();
    return consumer;
  }

  const produce = (from: number, to: number): Promise<void> =>
    producer.send(
      Array.from({ length: to - from }, (_, i) => ({
        topic: topics.names.events,
        key: `customer-${(from + i) % 7}`,
        value: String(from + i),
      })),
    );

  const valuesOf = (batch: ConsumedBatch): number[] => batch.records.map(({ value }) => Number(value));

  it('hands over every record, those of one key in order', async () => {
    const seen: number[] = [];
    await consume((batch) => {
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.settle);
      return Promise.resolve();
    });
    await produce(0, 500);
    await until(() => new Set(seen).size >= 500);
    expect(new Set(seen).size).toBe(500);
    for (let customer = 0; customer < 7; customer++) {
      const ofCustomer = seen.filter((value) => value % 7 === customer);
      expect(ofCustomer).toEqual(ofCustomer.toSorted((a, b) => a - b));
    }
  });

  it('tries a batch again until it succeeds, and skips nothing', async () => {
    const seen: number[] = [];
    let failures = 2;
    await consume((batch) => {
      if (failures-- > 0) return Promise.reject(new Error('not yet'));
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.settle);
      return Promise.resolve();
    });
    await produce(0, 20);
    await until(() => new Set(seen).size >= 20);
    expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('reads again what was not settled, and not what was committed', async () => {
    let given = 0;
    const first = await consume((batch) => {
      given += batch.records.length;
      batch.records.filter(({ value }) => Number(value) !== 59).forEach(batch.settle);
      return Promise.resolve();
    });
    await produce(0, 60);
    await until(() => given === 60);
    await first.close();
    consumers.splice(0);

    const seen: number[] = [];
    await consume((batch) => {
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.settle);
      return Promise.resolve();
    });
    await produce(60, 80);
    await until(() => seen.length >= 21);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => 59 + i));
  });

  it('stops fetching when it has enough in hand, and goes on when that is settled', async () => {
    const held: (() => void)[] = [];
    const holder = await consume(
      (batch) => {
        for (const record of batch.records) {
          held.push(() => {
            batch.settle(record);
          });
        }
        return new Promise((resolve) => {
          batch.signal.addEventListener('abort', () => {
            resolve();
          });
        });
      },
      { overlapping: true, maxUnsettledRecords: 10 },
    );
    await produce(0, 300);
    await until(() => held.length === 300);
    let reached = 0;
    await consume(
      (batch) => {
        reached += batch.records.length;
        batch.records.forEach(batch.settle);
        return Promise.resolve();
      },
      { groupId: `${topics.prefix}another-group` },
    );
    await produce(300, 600);
    await until(() => reached === 600);
    expect(held).toHaveLength(300);
    expect(holder.joined).toBe(true);

    for (const settle of held.splice(0)) settle();
    await until(() => held.length === 300);
  });

  it('moves partitions between members without losing or skipping a record', async () => {
    const seen = new Set<number>();
    const handler = (batch: ConsumedBatch): Promise<void> => {
      for (const value of valuesOf(batch)) seen.add(value);
      batch.records.forEach(batch.settle);
      return Promise.resolve();
    };
    const first = await consume(handler);
    await produce(0, 300);
    const second = await consume(handler);
    await produce(300, 600);
    await until(() => first.joined && second.joined && seen.size === 600);
    await first.close();
    consumers.shift();
    await produce(600, 900);
    await until(() => seen.size === 900);
    expect(seen.size).toBe(900);
  });
});
