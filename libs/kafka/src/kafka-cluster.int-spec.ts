import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { type KafkaBroker, type KafkaCluster, startKafkaCluster, until } from '@tools/stack';
import { KafkaJSProtocolError } from 'kafkajs';
import { Load, NumberedRecords, ConsumedNumbers } from '../test/numbered-records';
import { startConsumer } from '../test/start-consumer';
import { type ConsumedBatch } from './batch';
import { type BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
import { ConsumerLagReader } from './consumer-lag';
import { ensureTopics } from './ensure-topics';
import { RecordProducer, type RecordProducerOptions } from './record-producer';
import { readTopic } from './read-topic';
import { type ProducedRecord } from './records';
import { waitForLeaders } from './wait-for-leaders';
import { withAdmin } from './with-admin';

/** Three JVMs start at the same time. */
const startTimeoutMs = 120_000;
const patience = { timeoutMs: 45_000 };

describe('on a cluster of three brokers', () => {
  let cluster: KafkaCluster;
  let topics: ScratchTopics;
  const consumers: BatchConsumer[] = [];
  const producers: RecordProducer[] = [];

  beforeAll(async () => {
    cluster = await startKafkaCluster({ brokers: 3 });
  }, startTimeoutMs);

  afterAll(() => cluster.stop());

  beforeEach(async () => {
    topics = await scratchTopics(6, { brokers: cluster.brokers });
  });

  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.close()));
    await Promise.all(producers.splice(0).map((producer) => producer.disconnect()));
    await topics.remove();
  });

  async function produce(options: RecordProducerOptions = {}): Promise<RecordProducer> {
    const producer = new RecordProducer(topics.kafka, silentLogger, options);
    producers.push(producer);
    await producer.connect();
    return producer;
  }

  async function consume(
    handler: (batch: ConsumedBatch) => Promise<void>,
    options: Partial<BatchConsumerOptions> = {},
  ): Promise<BatchConsumer> {
    const consumer = await startConsumer(topics, { handler, ...options });
    consumers.push(consumer);
    return consumer;
  }

  async function leaderOf(topic: string, partition: number): Promise<KafkaBroker> {
    const leaders = await cluster.admin.leaders(topic);
    const broker = cluster.nodes.find(({ id }) => id === leaders[partition]);
    if (broker === undefined) throw new Error(`${topic}/${partition} has no leader`);
    return broker;
  }

  /**
   * Responds to the next attempt to join like a coordinator that is still loading its group. kafkajs then heartbeats successfully to
   * that coordinator, but keeps committing to the former one. Resolves after the attempt.
   */
  function nextJoinIsTooEarly(): Promise<void> {
    interface Broker {
      joinGroup: () => Promise<unknown>;
    }
    const { prototype } = jest.requireActual<{ prototype: Broker }>('kafkajs/src/broker');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    jest.spyOn(prototype, 'joinGroup').mockImplementationOnce(() => {
      resolve(undefined);
      const cause = { type: 'GROUP_LOAD_IN_PROGRESS', code: 14, retriable: true };
      return Promise.reject(new KafkaJSProtocolError(Object.assign(new Error('loading'), cause)));
    });
    return promise;
  }

  const createTopic = (topic: string, config: Record<string, string> = {}) =>
    ensureTopics(topics.kafka, [{ topic, partitions: 3, replicationFactor: 3, config }]);

  async function read(topic: string): Promise<ConsumedNumbers> {
    const seen = new ConsumedNumbers();
    const handler = (batch: ConsumedBatch): Promise<void> => {
      for (const { value } of batch.records) seen.add(String(value));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    };
    await consume(handler, { topic, groupId: `${topics.prefix}reader-of.${topic}` });
    return seen;
  }

  function eventually(expectation: () => void): Promise<void> {
    return until(() => Promise.try(expectation), patience);
  }

  /** Writes and reads during a disruption, and expects that every acknowledged record was read, in order per customer. */
  async function underLoad(disturb: (load: Load) => Promise<void>): Promise<void> {
    const { events } = topics.names;
    const seen = await read(events);
    const load = new Load(await produce(), events);
    await load.more(500);
    await disturb(load);
    await load.more(500);
    await load.stop();
    await eventually(() => {
      expect(seen.missing(load.acknowledged)).toEqual([]);
    });
    expect(seen.outOfOrder).toEqual([]);
  }

  it('loses no record and keeps the order per key while a broker is restarted', async () => {
    await underLoad(async () => {
      const broker = await leaderOf(topics.names.events, 0);
      await broker.restart();
      await cluster.admin.inSync();
    });
  }, 90_000);

  it('loses no record and keeps the order per key while a broker is killed', async () => {
    const strict = `${topics.prefix}strict`;
    await createTopic(strict, { 'min.insync.replicas': '3' });
    const producer = await produce();
    await underLoad(async (load) => {
      const broker = await leaderOf(topics.names.events, 0);
      await broker.kill();
      let isWritten = false;
      const written = producer.send([{ topic: strict, key: 'k', value: 'needs all brokers' }]).then(() => {
        isWritten = true;
      });
      // A topic that cannot be written does not delay others, once the dead broker's partitions have new leaders.
      await producer.send(new NumberedRecords(topics.names.events, ['strict-0', 'strict-1']).next(20));
      await load.more(500);
      expect(isWritten).toBe(false);
      await broker.restart();
      await written;
      await cluster.admin.inSync();
    });
  }, 90_000);

  it('reports that a topic has no leader, and writes to other topics', async () => {
    const single = await scratchTopics(1, { brokers: cluster.brokers, replicas: 1 });
    const topic = single.names.events;
    const producer = await produce({ deadlineMs: 30_000 });
    await producer.send([{ topic, key: 'k', value: 'before' }]);
    const broker = await leaderOf(topic, 0);
    await broker.kill();
    try {
      await expect(producer.send([{ topic, key: 'k', value: 'while' }])).rejects.toMatchObject({
        cause: { name: 'NoLeaderError' },
      });
      await producer.send(new NumberedRecords(topics.names.events, ['other-0', 'other-1']).next(20));
    } finally {
      await broker.restart();
      await cluster.admin.inSync();
    }
    await producer.send([{ topic, key: 'k', value: 'after' }]);
    await single.remove();
  }, 90_000);

  it('loses no record and keeps the order per key while leaders move', async () => {
    await underLoad(async (load) => {
      for (let round = 0; round < 3; round++) {
        await cluster.admin.moveLeaders();
        await load.more(200);
      }
    });
  });

  it('commits acked records after the coordinator of its group has moved, and continues there after a restart', async () => {
    const { events } = topics.names;
    const groupId = `${topics.prefix}group`;
    const lag = new ConsumerLagReader(topics.kafka);
    const everythingCommitted = () =>
      until(async () => {
        expect(await lag.readLag([{ groupId, topic: events }])).toEqual([0]);
      }, patience);
    const producer = await produce();
    const records = new NumberedRecords(events, ['customer-0', 'customer-1', 'customer-2']);
    const read: string[] = [];
    const handler = (batch: ConsumedBatch): Promise<void> => {
      read.push(...batch.records.map(({ value }) => String(value)));
      batch.records.forEach(batch.ack);
      return Promise.resolve();
    };
    const first = await consume(handler);
    await producer.send(records.next(60));
    await everythingCommitted();
    const joinAttempt = nextJoinIsTooEarly();
    await cluster.admin.moveLeaders();
    await joinAttempt;
    await producer.send(records.next(60));
    await everythingCommitted();
    await first.close();
    read.splice(0);
    const last = records.next(3);
    await consume(handler);
    await producer.send(last);
    await eventually(() => {
      expect(read.toSorted()).toEqual(last.map(({ value }) => String(value)).toSorted());
    });
  }, 90_000);

  it('writes while a broker does not respond, and loses nothing', async () => {
    const { events } = topics.names;
    const producer = await produce();
    const records = new NumberedRecords(
      events,
      Array.from({ length: 50 }, (_, i) => `customer-${i}`),
    );
    const [first, second] = [records.next(100), records.next(100)];
    await producer.send(first);
    const broker = await leaderOf(events, 0);
    broker.freeze();
    await producer.send(second);
    broker.thaw();
    await cluster.admin.inSync();
    const seen = await read(events);
    await eventually(() => {
      expect(seen.missing([...first, ...second].map(({ value }) => String(value)))).toEqual([]);
    });
    expect(seen.outOfOrder).toEqual([]);
  }, 90_000);

  it('writes to the other partitions while one has too few replicas, with hardly any repeats', async () => {
    const topic = `${topics.prefix}one-unavailable`;
    const [a, b, c] = cluster.nodes.map(({ id }) => id) as [number, number, number];
    await withAdmin(topics.kafka, async (admin) => {
      const replicaAssignment = [[a, b], [b, c], [c, b]].map((replicas, partition) => ({ partition, replicas })); // prettier-ignore
      const configEntries = [{ name: 'min.insync.replicas', value: '2' }];
      await admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] });
      await waitForLeaders(admin, topic, 3);
    });
    const producer = await produce();
    const recordIn = (partition: number, value: string) => ({ topic, partition, key: null, value });
    await producer.send([0, 1, 2].map((partition) => recordIn(partition, `first-in-${partition}`)));
    const broker = cluster.nodes.find(({ id }) => id === a);
    await broker?.kill();
    let isWritten = false;
    const waiting = producer.send([recordIn(0, 'waiting'), recordIn(1, 'beside it')]).then(() => {
      isWritten = true;
    });
    for (let i = 0; i < 50; i++) await producer.send([recordIn(1, `one-${i}`), recordIn(2, `two-${i}`)]);
    expect(isWritten).toBe(false);
    expect(producer.problem()).toBeUndefined();
    await broker?.restart();
    await waiting;
    const written: string[] = [];
    await readTopic(topics.kafka, topic, {}, ({ value }) => {
      written.push(String(value));
    });
    expect(new Set(written).size).toBe(105);
    // The records of the first failed request.
    expect(written.length).toBeLessThanOrEqual(110);
    await cluster.admin.inSync();
  }, 90_000);

  it('writes records to partitions that were added after the producer had connected', async () => {
    const { events } = topics.names;
    const producer = await produce();
    const recordIn = (partition: number) => ({
      topic: events,
      partition,
      key: null,
      value: `in-${partition}`,
    });
    await producer.send([recordIn(1)]);
    await cluster.admin.addPartitions(events, 8);
    await producer.send([0, 6, 7].map(recordIn));
    const seen = await read(events);
    await eventually(() => {
      expect(seen.missing(['in-1', 'in-0', 'in-6', 'in-7'])).toEqual([]);
    });
  });

  it('skips no record while partitions are added and members come and go during a backlog', async () => {
    const { events } = topics.names;
    // kafkajs joins again, with fetches in flight, as soon as it sees a new partition.
    const createConsumer = topics.kafka.consumer.bind(topics.kafka);
    jest
      .spyOn(topics.kafka, 'consumer')
      .mockImplementation((config) => createConsumer({ ...config, metadataMaxAge: 300 }));
    const producer = await produce();
    const records = new NumberedRecords(
      events,
      Array.from({ length: 30 }, (_, i) => `customer-${i}`),
    );
    const written: string[] = [];
    const write = async (next: readonly ProducedRecord[]): Promise<void> => {
      await producer.send(next);
      written.push(...next.map(({ value }) => String(value)));
    };
    const padding = 'x'.repeat(2_000);
    await write(records.next(3_000, padding));
    const seen = new ConsumedNumbers();
    // Each batch is held for a while, so that positions are ahead of committable offsets.
    const handler = async (batch: ConsumedBatch): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (batch.signal.aborted) return;
      for (const { value } of batch.records) seen.add(String(value));
      batch.records.forEach(batch.ack);
    };
    const options = { concurrentBatches: true, maxUnackedBytes: () => 3_000_000 };
    await consume(handler, options);
    for (const partition of [6, 7, 8]) {
      const { size } = seen;
      await eventually(() => {
        expect(seen.size).toBeGreaterThan(size);
      });
      await cluster.admin.addPartitions(events, partition + 1);
      await write([{ topic: events, partition, key: null, value: `in-${partition}` }]);
      await write(records.next(1_000, padding));
    }
    await eventually(() => {
      expect(seen.missing(written)).toEqual([]);
    });
    const member = await consume(handler, options);
    await write(records.next(1_000, padding));
    await member.close();
    await write(records.next(100));
    await eventually(() => {
      expect(seen.missing(written)).toEqual([]);
    });
  }, 120_000);

  it('delays neither writers nor readers of other topics, and creates a deleted topic again', async () => {
    const [kept, deleted] = [`${topics.prefix}kept`, `${topics.prefix}deleted`];
    await createTopic(kept);
    await createTopic(deleted);
    const { promise: mayCreate, resolve: allowCreation } = Promise.withResolvers<undefined>();
    const missing: string[] = [];
    const producer = await produce({
      onMissingTopic: async (topic) => {
        missing.push(topic);
        await mayCreate;
        await createTopic(topic);
      },
    });
    const recordOf = (topic: string, value: string) => ({ topic, key: 'k', value });
    await producer.send([recordOf(kept, '0'), recordOf(deleted, 'lost with the topic')]);
    const [seenKept, seenDeleted] = [await read(kept), await read(deleted)];
    await cluster.admin.deleteTopics([deleted]);
    let isWritten = false;
    const written = producer.send([recordOf(deleted, 'again')]).then(() => {
      isWritten = true;
    });
    await eventually(() => {
      expect(missing).toContain(deleted);
    });
    for (let i = 1; i <= 20; i++) await producer.send([recordOf(kept, String(i))]);
    await eventually(() => {
      expect(seenKept.size).toBe(21);
    });
    expect(isWritten).toBe(false);
    // One topic that cannot be written does not make the process unready.
    expect(producer.problem()).toBeUndefined();
    allowCreation(undefined);
    await written;
    expect(producer.problem()).toBeUndefined();
    await eventually(() => {
      expect(seenDeleted.missing(['again'])).toEqual([]);
    });
  });
});
