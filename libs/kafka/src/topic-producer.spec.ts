import { loggerInto, silentLogger } from '@app/testing';
import { FakeKafka, kafkaError, PartialFailure } from '../test/fake-kafka';
import { KafkaUnavailableError, RecordsRejectedError } from './kafka-errors';
import { PermissionDeniedError } from './permission-denied';
import { type ProducedRecord, sizeOf } from './records';
import { TopicProducer, type TopicProducerOptions } from './topic-producer';

const topic = 'events';
const record = (value: string, partition = 0): ProducedRecord => ({ topic, partition, key: 'k', value });
const numbered = (from: number, to: number): ProducedRecord[] =>
  Array.from({ length: to - from }, (_, i) => record(String(from + i)));
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

describe('TopicProducer', () => {
  let kafka: FakeKafka;
  let producer: TopicProducer;

  beforeEach(() => {
    kafka = new FakeKafka();
    producer = topicProducer();
  });

  function topicProducer(options: Partial<TopicProducerOptions> = {}): TopicProducer {
    return new TopicProducer({
      kafka: kafka.asKafka,
      topic,
      lingerMs: 0,
      onMissingTopic: undefined,
      logger: silentLogger,
      ...options,
    });
  }

  const send = (records: readonly ProducedRecord[]): Promise<void> => producer.send(records, undefined);
  const failOnce = (type: string): void => {
    kafka.behaviors.push(() => {
      throw kafkaError(type);
    });
  };

  it('relies neither on the retries of kafkajs nor on its idempotence', async () => {
    await send([record('a')]);
    expect(kafka.configs).toMatchObject([{ retry: { retries: 0 }, allowAutoTopicCreation: false }]);
    expect(kafka.configs[0]).not.toHaveProperty('idempotent');
  });

  it('writes the records of calls in the same turn in one request, in the order of the calls', async () => {
    await Promise.all([send([record('a'), record('b')]), send([record('c')])]);
    expect(kafka.requests).toEqual([{ producer: 0, values: ['a', 'b', 'c'] }]);
  });

  it('resends only the records of the unacknowledged partition, with a new producer', async () => {
    kafka.behaviors.push(() => [0]);
    await send([record('a', 0), record('b', 1)]);
    expect(kafka.requests).toEqual([
      { producer: 0, values: ['a', 'b'] },
      { producer: 1, values: ['b'] },
    ]);
    expect(kafka.written).toEqual(['a', 'b']);
  });

  it('does not treat a response without acknowledgements as a success', async () => {
    kafka.behaviors.push(
      () => [],
      () => [],
    );
    await send([record('a')]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1, 2]);
    expect(kafka.written).toEqual(['a']);
  });

  it('retries with the same producer when a leader has moved', async () => {
    for (let i = 0; i < 3; i++) failOnce('NOT_LEADER_FOR_PARTITION');
    await send([record('a')]);
    await send([record('b')]);
    // The first failure isolates the partition, which uses another producer.
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1, 1, 1, 0]);
  });

  it('replaces the producer after a timeout', async () => {
    for (let i = 0; i < 3; i++) failOnce('REQUEST_TIMED_OUT');
    await send([record('a')]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1, 2, 3]);
  });

  it('writes nothing behind a failed request until it is written', async () => {
    kafka.behaviors.push((_, partitions) => partitions);
    failOnce('NOT_ENOUGH_REPLICAS');
    const first = send(numbered(0, 2_500));
    const second = send(numbered(2_500, 2_510));
    await Promise.all([first, second]);
    expect(kafka.written).toEqual(numbers(0, 2_510));
  });

  it("keeps each request within a broker's default limit", async () => {
    const records = Array.from({ length: 30 }, (_, i) => record(`${i}/${'x'.repeat(100_000)}`));
    await send(records);
    expect(kafka.requests.length).toBeGreaterThan(1);
    for (const { values } of kafka.requests)
      expect(values.reduce((sum, value) => sum + sizeOf(record(value)), 0)).toBeLessThanOrEqual(1_048_588);
    expect(kafka.written).toEqual(records.map(({ value }) => value));
  });

  it('halves a rejected request, and fails only the call of the record that is too large', async () => {
    kafka.behavior = ({ values }, partitions) => {
      if (values.reduce((sum, value) => sum + value.length, 0) > 1_000) throw kafkaError('MESSAGE_TOO_LARGE');
      return partitions;
    };
    const large = record('x'.repeat(2_000));
    const withLarge = send([...numbered(0, 5), large, ...numbered(5, 10)]);
    const without = send(numbered(10, 20));
    await expect(withLarge).rejects.toThrow(RecordsRejectedError);
    await expect(withLarge).rejects.toMatchObject({ rejected: [{ record: large, reason: 'too_large' }] });
    await without;
    expect(kafka.written).toEqual(numbers(0, 20));
  });

  it('creates a missing topic before it writes again', async () => {
    const created: string[] = [];
    producer = topicProducer({
      onMissingTopic: (name) => {
        created.push(name);
        return created.length === 1 ? Promise.reject(new Error('no controller')) : Promise.resolve();
      },
    });
    failOnce('UNKNOWN_TOPIC_OR_PARTITION');
    failOnce('UNKNOWN_TOPIC_OR_PARTITION');
    await send([record('a')]);
    expect(created).toEqual([topic, topic]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1, 2]);
  });

  it('logs that it creates a missing topic, without a warning', async () => {
    const lines: string[] = [];
    producer = topicProducer({ onMissingTopic: () => Promise.resolve(), logger: loggerInto(lines, 'info') });
    failOnce('UNKNOWN_TOPIC_OR_PARTITION');
    await send([record('a')]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 30, topic, records: 1, msg: 'topic not found; creating it' }),
    ]);
  });

  it('logs once a minute that a topic cannot be created', async () => {
    const lines: string[] = [];
    producer = topicProducer({
      onMissingTopic: () => Promise.reject(new Error('no controller')),
      logger: loggerInto(lines, 'error'),
    });
    for (let i = 0; i < 3; i++) failOnce('UNKNOWN_TOPIC_OR_PARTITION');
    await send([record('a')]);
    expect(lines).toEqual([expect.stringContaining('failed to create the topic; retrying')]);
  });

  it('retries a failed connection', async () => {
    kafka.failedConnects = 2;
    await send([record('a')]);
    expect(kafka.written).toEqual(['a']);
  });

  it('reports a problem until a request is acknowledged', async () => {
    let isAvailable = false;
    kafka.behavior = (_, partitions) => {
      if (!isAvailable) throw kafkaError('NOT_ENOUGH_REPLICAS');
      return partitions;
    };
    const written = send([record('a')]);
    while (producer.problem === undefined) await new Promise(setImmediate);
    expect(producer.problem).toContain('NOT_ENOUGH_REPLICAS');
    isAvailable = true;
    await written;
    expect(producer.problem).toBeUndefined();
  });

  it('rejects at the deadline, and does not write records that are still queued', async () => {
    let isAvailable = false;
    kafka.behavior = (_, partitions) => {
      if (!isAvailable) throw kafkaError('NOT_ENOUGH_REPLICAS');
      return partitions;
    };
    await expect(producer.send([record('late')], 50)).rejects.toThrow(KafkaUnavailableError);
    isAvailable = true;
    await send([record('a')]);
    expect(kafka.written).toEqual(['a']);
  });

  it('names the permission that Kafka denied at the deadline, and writes when it is granted', async () => {
    let isGranted = false;
    kafka.behavior = (_, partitions) => {
      if (!isGranted) throw kafkaError('TOPIC_AUTHORIZATION_FAILED');
      return partitions;
    };
    const denied = 'denied the user of this app Write on the topic events';
    await expect(producer.send([record('late')], 50)).rejects.toThrow(denied);
    expect(producer.problem).toContain(denied);
    isGranted = true;
    await send([record('a')]);
    expect(kafka.written).toEqual(['a']);
    expect(producer.problem).toBeUndefined();
  });

  it('reports at the deadline that a partition has no leader', async () => {
    kafka.behavior = () => {
      throw kafkaError('LEADER_NOT_AVAILABLE');
    };
    await expect(producer.send([record('late')], 50)).rejects.toMatchObject({
      name: 'KafkaUnavailableError',
      cause: { name: 'NoLeaderError', message: 'Not every partition of events has a leader.' },
    });
    kafka.behavior = (_, partitions) => partitions;
    await send([record('a')]);
    expect(producer.problem).toBeUndefined();
  });

  it('reports at the deadline that it may not create the topic, although the topic is missing each time', async () => {
    producer = topicProducer({
      onMissingTopic: () =>
        Promise.reject(new PermissionDeniedError((user) => `denied ${user} Create`, undefined, undefined)),
    });
    kafka.behavior = () => {
      throw kafkaError('UNKNOWN_TOPIC_OR_PARTITION');
    };
    const sent = producer.send([record('late')], 1_000);
    while (kafka.requests.length < 3) await new Promise(setImmediate);
    expect(producer.problem).toContain('Create');
    await expect(sent).rejects.toMatchObject({ cause: { name: 'PermissionDeniedError' } });
    await producer.close();
  });

  it('writes queued records when it is closed', async () => {
    const written = send(numbered(0, 1_500));
    await producer.close();
    await written;
    expect(kafka.written).toHaveLength(1_500);
  });

  it('rejects queued records when it is closed while Kafka accepts nothing', async () => {
    kafka.behavior = () => {
      throw kafkaError('NOT_ENOUGH_REPLICAS');
    };
    const sent = Promise.allSettled([send([record('a')]), send([record('b')])]);
    await producer.close();
    expect(await sent).toMatchObject([
      { status: 'rejected', reason: { name: 'KafkaUnavailableError' } },
      { status: 'rejected', reason: { name: 'KafkaUnavailableError' } },
    ]);
  });

  describe('with a partition that cannot be written', () => {
    const unavailable = 0;
    let isAvailable: boolean;
    const copiesOf = (value: string): number => kafka.written.filter((one) => one === value).length;

    beforeEach(() => {
      isAvailable = false;
      // A request with records for that partition fails, although other brokers have written theirs.
      kafka.behavior = (_, partitions) => {
        if (isAvailable || !partitions.includes(unavailable)) return partitions;
        throw new PartialFailure(
          kafkaError('NOT_ENOUGH_REPLICAS'),
          partitions.filter((partition) => partition !== unavailable),
        );
      };
    });

    it('writes the records of all other partitions, and repeats none more than once', async () => {
      const calls: Promise<void>[] = [];
      const waiting = send(numbered(0, 10));
      for (let i = 0; i < 200; i++) {
        calls.push(send([record(`one-${i}`, 1), record(`two-${i}`, 2)]));
        if (i % 10 === 0) calls.push(expect(producer.send([record(`late-${i}`)], 50)).rejects.toThrow());
        await new Promise(setImmediate);
      }
      await Promise.all(calls);
      for (let i = 0; i < 200; i++) {
        expect(copiesOf(`one-${i}`)).toBeLessThanOrEqual(i === 0 ? 2 : 1);
        expect(copiesOf(`two-${i}`)).toBeLessThanOrEqual(i === 0 ? 2 : 1);
      }
      isAvailable = true;
      await waiting;
      expect(kafka.written.filter((value) => /^\d+$/.test(value))).toEqual(numbers(0, 10));
      // Records of ended calls are not written.
      expect(kafka.written.filter((value) => value.startsWith('late'))).toEqual([]);
    });

    it('writes the records of other partitions even while a request for that partition gets no response', async () => {
      const { promise: responded, resolve: respond } = Promise.withResolvers<undefined>();
      const waiting = send([record('a')]);
      while (kafka.requests.length < 1) await new Promise(setImmediate);
      kafka.behavior = async (_, partitions) => {
        if (partitions.includes(unavailable)) await responded;
        return partitions;
      };
      while (kafka.requests.length < 2) await new Promise(setImmediate);
      await send([record('b', 1)]);
      expect(kafka.written).toEqual(['b']);
      respond(undefined);
      await waiting;
    });

    it('writes records without a key to other partitions', async () => {
      const waiting = send([record('a')]);
      while (kafka.requests.length < 1) await new Promise(setImmediate);
      const keyless = numbers(0, 12).map((value) => ({ topic, key: null, value }));
      await Promise.all(keyless.map((one) => send([one])));
      expect(kafka.written).toEqual(numbers(0, 12));
      isAvailable = true;
      await waiting;
    });

    it('reports no problem while records of other partitions are written', async () => {
      const waiting = send([record('a')]);
      while (producer.problem === undefined) await new Promise(setImmediate);
      await send([record('b', 1)]);
      const { length } = kafka.requests;
      while (kafka.requests.length < length + 2) await new Promise(setImmediate);
      expect(producer.problem).toBeUndefined();
      isAvailable = true;
      await waiting;
    });

    it('keeps the order per key while it fails and recovers', async () => {
      const keys = numbers(0, 20);
      const calls: Promise<void>[] = [];
      for (let i = 0; i < 300; i++) {
        calls.push(send(keys.map((key) => ({ topic, key, value: `${key}/${i}` }))));
        if (i % 50 === 0) isAvailable = !isAvailable;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      isAvailable = true;
      await Promise.all(calls);
      const seen = [...new Set(kafka.written)];
      for (const key of keys)
        expect(seen.filter((value) => value.startsWith(`${key}/`))).toEqual(
          numbers(0, 300).map((value) => `${key}/${value}`),
        );
    });

    it('writes the records of other partitions when it is closed', async () => {
      const outcomes = Promise.allSettled([send([record('a')]), send([record('b', 1)])]);
      await producer.close();
      expect(await outcomes).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled' }]);
    });
  });

  it('reconnects once for all failed partitions', async () => {
    let rounds = 0;
    kafka.behavior = (_, partitions) => {
      if (partitions.includes(0)) rounds += 1;
      if (rounds > 4) return partitions;
      throw kafkaError('REQUEST_TIMED_OUT');
    };
    await send([record('a', 0), record('b', 1), record('c', 2)]);
    expect(kafka.configs.length).toBeLessThanOrEqual(5);
  });
});
