import { FakeKafka, kafkaError } from '../test/fake-kafka';
import { quietLogger } from '../test/scratch-topics';
import { KafkaUnavailableError } from './kafka-errors';
import { type ProducedRecord } from './records';
import { RecordsRefusedError, sizeOf, TopicProducer, type TopicProducerOptions } from './topic-producer';

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
      logger: quietLogger,
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

  it('writes the records of calls of one turn in one request, in the order of the calls', async () => {
    await Promise.all([send([record('a'), record('b')]), send([record('c')])]);
    expect(kafka.requests).toEqual([{ producer: 0, values: ['a', 'b', 'c'] }]);
  });

  it('resends the whole request by a new producer if a partition is not acknowledged', async () => {
    kafka.behaviors.push(() => [0]);
    await send([record('a', 0), record('b', 1)]);
    expect(kafka.requests).toEqual([
      { producer: 0, values: ['a', 'b'] },
      { producer: 1, values: ['a', 'b'] },
    ]);
    expect(kafka.written).toEqual(['a', 'a', 'b']);
  });

  it('does not take a response without acknowledgements for a success', async () => {
    kafka.behaviors.push(
      () => [],
      () => [],
    );
    await send([record('a')]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1, 2]);
    expect(kafka.written).toEqual(['a']);
  });

  it('retries with the same producer when a leader has moved', async () => {
    failOnce('NOT_LEADER_FOR_PARTITION');
    await send([record('a')]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 0]);
  });

  it('replaces the producer after a timeout', async () => {
    failOnce('REQUEST_TIMED_OUT');
    await send([record('a')]);
    expect(kafka.requests.map((request) => request.producer)).toEqual([0, 1]);
  });

  it('writes nothing behind a part that failed until it is written', async () => {
    kafka.behaviors.push((_, partitions) => partitions);
    failOnce('NOT_ENOUGH_REPLICAS');
    const first = send(numbered(0, 2_500));
    const second = send(numbered(2_500, 2_510));
    await Promise.all([first, second]);
    expect(kafka.written).toEqual(numbers(0, 2_510));
  });

  it('keeps each request within what a broker accepts by default', async () => {
    const records = Array.from({ length: 30 }, (_, i) => record(`${i}/${'x'.repeat(100_000)}`));
    await send(records);
    expect(kafka.requests.length).toBeGreaterThan(1);
    for (const { values } of kafka.requests)
      expect(values.reduce((sum, value) => sum + sizeOf(record(value)), 0)).toBeLessThanOrEqual(1_048_588);
    expect(kafka.written).toEqual(records.map(({ value }) => value));
  });

  it('halves a refused request, and refuses only the record that is too large, to the call that it came from', async () => {
    kafka.behavior = ({ values }, partitions) => {
      if (values.reduce((sum, value) => sum + value.length, 0) > 1_000) throw kafkaError('MESSAGE_TOO_LARGE');
      return partitions;
    };
    const large = record('x'.repeat(2_000));
    const withLarge = send([...numbered(0, 5), large, ...numbered(5, 10)]);
    const without = send(numbered(10, 20));
    await expect(withLarge).rejects.toThrow(RecordsRefusedError);
    await expect(withLarge).rejects.toMatchObject({ refused: [{ record: large, reason: 'too_large' }] });
    await without;
    expect(kafka.written).toEqual(numbers(0, 20));
  });

  it('has a missing topic created before it writes again', async () => {
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

  it('connects again if it could not connect', async () => {
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

  it('rejects at the deadline, and does not write what it had not begun', async () => {
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

  it('writes what is queued when it is closed', async () => {
    const written = send(numbered(0, 1_500));
    await producer.close();
    await written;
    expect(kafka.written).toHaveLength(1_500);
  });

  it('rejects what is queued when it is closed while Kafka accepts nothing', async () => {
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
});
