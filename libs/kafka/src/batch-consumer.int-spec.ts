import { register } from 'prom-client';
import {
  produceBatch,
  produceInTransaction,
  produceWithNullHeader,
  type ScratchTopics,
  scratchTopics,
  silentLogger,
  until,
} from '@app/testing';
import { startConsumer } from '../test/start-consumer';
import { type ConsumedBatch } from './batch';
import { type BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { maxDecompressedBytes } from './codecs';
import { headerNames } from './headers';
import { PartitionPositions } from './partition-positions';
import { readTopic } from './read-topic';
import { RecordProducer } from './record-producer';
import { type ConsumedRecord } from './records';
import { refreshOffsets } from './refresh-offsets';

describe('the batch consumer', () => {
  let topics: ScratchTopics;
  let producer: RecordProducer;
  const consumers: BatchConsumer[] = [];

  beforeEach(async () => {
    topics = await scratchTopics();
    producer = new RecordProducer(topics.kafka, silentLogger);
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
    const consumer = await startConsumer(topics, { handler, ...options });
    consumers.push(consumer);
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

  it('delivers every record, in order within a key', async () => {
    const seen: number[] = [];
    await consume((batch) => {
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.ack);
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

  it('retries a batch until it succeeds, and skips nothing', async () => {
    const seen: number[] = [];
    let failures = 2;
    await consume((batch) => {
      if (failures-- > 0) return Promise.reject(new Error('not yet'));
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    await produce(0, 20);
    await until(() => new Set(seen).size >= 20);
    expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('delivers one record instead of each oversized compressed batch, and continues', async () => {
    const { events } = topics.names;
    const few = (name: string) => [`${name} 1`, `${name} 2`].map((value) => ({ value, partition: 0 }));
    const codecs = ['gzip', 'zstd', 'lz4'] as const;
    for (const codec of codecs) {
      await produceBatch(topics.kafka, events, few(`before ${codec}`), codec);
      const bomb = { value: Buffer.alloc(maxDecompressedBytes), partition: 0 };
      await produceBatch(topics.kafka, events, [...few('lost'), bomb], codec);
    }
    await produceBatch(topics.kafka, events, few('last'));

    const expected = [
      ...codecs.flatMap((codec, n) => [
        `before ${codec} 1`,
        `before ${codec} 2`,
        `batch of ${n * 5 + 2}-${n * 5 + 4}`,
      ]),
      'last 1',
      'last 2',
    ];
    const textOf = ({ value, headers }: ConsumedRecord): string =>
      value?.toString() ?? `batch of ${headers[headerNames.oversizedBatch]}`;
    const seen: string[] = [];
    const consumer = await consume((batch) => {
      seen.push(...batch.records.map(textOf));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    await until(() => seen.length >= expected.length);
    expect(seen).toEqual(expected);
    await consumer.close();
    const positions = new PartitionPositions(topics.kafka, `${topics.prefix}group`, events);
    expect((await positions.committed()).get(0)).toBe(17);
    await positions.close();
    const text = await register.metrics();
    expect(text).toContain(`rcstatsig_kafka_oversized_batches_total{topic="${events}"} 3`);

    const read: string[] = [];
    await readTopic(topics.kafka, events, {}, (record) => void read.push(textOf(record)));
    expect(read).toEqual(expected);
  });

  it('rereads unacked records, but not committed ones', async () => {
    let given = 0;
    const first = await consume((batch) => {
      given += batch.records.length;
      batch.records.filter(({ value }) => Number(value) !== 59).forEach(batch.ack);
      return Promise.resolve();
    });
    await produce(0, 60);
    await until(() => given === 60);
    await first.close();
    consumers.splice(0);

    const seen: number[] = [];
    await consume((batch) => {
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    await produce(60, 80);
    await until(() => seen.length >= 21);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => 59 + i));
  });

  it('stops fetching at its memory limit, and continues when records are acked', async () => {
    const held: (() => void)[] = [];
    const holder = await consume(
      (batch) => {
        for (const record of batch.records) {
          held.push(() => {
            batch.ack(record);
          });
        }
        return new Promise((resolve) => {
          batch.signal.addEventListener('abort', () => {
            resolve();
          });
        });
      },
      { concurrentBatches: true, maxUnackedBytes: () => 10_000 },
    );
    await produce(0, 300);
    await until(() => held.length === 300);
    let reached = 0;
    await consume(
      (batch) => {
        reached += batch.records.length;
        batch.records.forEach(batch.ack);
        return Promise.resolve();
      },
      { groupId: `${topics.prefix}another-group` },
    );
    await produce(300, 600);
    await until(() => reached === 600);
    expect(held).toHaveLength(300);
    expect(holder.joined).toBe(true);

    for (const ack of held.splice(0)) ack();
    await until(() => held.length === 300);
  });

  it('moves partitions between members without losing or skipping a record', async () => {
    const seen = new Set<number>();
    const handler = (batch: ConsumedBatch): Promise<void> => {
      for (const value of valuesOf(batch)) seen.add(value);
      batch.records.forEach(batch.ack);
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

  it('rereads left records in order, while other partitions continue', async () => {
    const isReady = { value: false };
    const handled: number[] = [];
    const left = new Set<number>();
    const consumer = await consume((batch) => {
      for (const record of batch.records) {
        const value = Number(record.value);
        if (value % 7 === 3 && !isReady.value) {
          left.add(value);
          batch.leave(record);
        } else {
          handled.push(value);
          batch.ack(record);
        }
      }
      return Promise.resolve();
    });
    await produce(0, 210);
    await until(() => handled.length + left.size === 210);
    expect(left.size).toBe(30);
    isReady.value = true;
    consumer.rereadLeft();
    await produce(210, 280);
    await until(() => handled.length === 280);
    expect(new Set(handled).size).toBe(280);
    const ofCustomer = handled.filter((value) => value % 7 === 3);
    expect(ofCustomer).toEqual(ofCustomer.toSorted((a, b) => a - b));
  });

  it('commits up to the end of the log after committed and aborted transactions', async () => {
    let seen = 0;
    await consume((batch) => {
      seen += batch.records.length;
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    for (const end of ['commit', 'abort'] as const) {
      const messages = [0, 1, 2].map((partition) => ({ partition, value: end }));
      await produceInTransaction(topics.kafka, topics.names.events, end, messages);
    }
    await lagIsZero();
    expect(seen).toBe(3);
  });

  it('finds its offsets unchanged after they were refreshed', async () => {
    const groupId = `${topics.prefix}group`;
    const consumer = await consume((batch) => {
      batch.records.slice(0, 1).forEach(batch.ack);
      return Promise.resolve();
    });
    await produce(0, 60);
    const positions = new PartitionPositions(topics.kafka, groupId, topics.names.events);
    const committed = async (): Promise<number> =>
      [...(await positions.committed()).values()].reduce((sum, offset) => sum + offset, 0);
    while ((await committed()) < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(refreshOffsets(topics.kafka, groupId, topics.names.events)).rejects.toThrow();
    await consumer.close();
    consumers.splice(0);
    const before = await positions.committed();
    await refreshOffsets(topics.kafka, groupId, topics.names.events);
    expect(await positions.committed()).toEqual(before);
    await positions.close();
  });

  it('accepts a header without a value', async () => {
    const seen: Record<string, string>[] = [];
    await consume((batch) => {
      seen.push(...batch.records.map(({ headers }) => ({ ...headers })));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    await produceWithNullHeader(topics.kafka, topics.names.events, { key: 'k', value: '1' }, 'x-tenant');
    await produce(0, 10);
    await until(() => seen.length === 11);
    expect(seen).toContainEqual({ 'x-tenant': '' });
  });

  it('reads a topic of the same name from its beginning after it was deleted', async () => {
    const seen: number[] = [];
    await consume((batch) => {
      seen.push(...valuesOf(batch));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    });
    await produce(0, 60);
    await until(() => seen.length === 60);
    await lagIsZero();
    const admin = topics.kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topics.names.events] });
    await admin.disconnect();
    await topics.ensure();
    await produce(60, 120);
    await until(() => new Set(seen).size === 120);
  }, 120_000);

  async function lagIsZero(): Promise<void> {
    const positions = new PartitionPositions(topics.kafka, `${topics.prefix}group`, topics.names.events);
    for (;;) {
      const found = [...(await positions.read()).values()];
      if (found.every(({ high, committed }) => committed === high)) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await positions.close();
  }
});
