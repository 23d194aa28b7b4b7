import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { connectionTo, silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import getPort from 'get-port';
import { NumberedRecords, ConsumedNumbers } from '../test/numbered-records';
import { type KafkaClient } from './connect';
import { ensureTopics } from './ensure-topics';
import { KafkaUnavailableError, RecordsRejectedError } from './kafka-errors';
import { PartitionPositions } from './partition-positions';
import { RecordProducer, type RecordProducerOptions } from './record-producer';
import { type ProducedRecord } from './records';

describe('the record producer', () => {
  let topics: ScratchTopics;
  const producers: RecordProducer[] = [];

  beforeAll(async () => {
    topics = await scratchTopics(1);
  });

  afterEach(() => Promise.all(producers.splice(0).map((producer) => producer.disconnect())));

  afterAll(() => topics.remove());

  async function produce(
    options: RecordProducerOptions = {},
    kafka: KafkaClient = topics.kafka,
  ): Promise<RecordProducer> {
    const producer = new RecordProducer(kafka, silentLogger, options);
    producers.push(producer);
    await producer.connect();
    return producer;
  }

  let count = 0;
  async function createTopic(maxMessageBytes = 1_048_588): Promise<string> {
    const topic = `${topics.prefix}topic-${count++}`;
    const config = { 'max.message.bytes': String(maxMessageBytes) };
    await ensureTopics(topics.kafka, [{ topic, partitions: 1, replicationFactor: 1, config }]);
    return topic;
  }

  const valuesIn = async (topic: string, atLeast: number): Promise<string[]> =>
    (await topics.read(topic, atLeast)).map(({ value }) => String(value));

  async function recordCount(topic: string): Promise<number> {
    const positions = new PartitionPositions(topics.kafka, `${topics.prefix}group`, topic);
    const found = await positions.read();
    await positions.close();
    return [...found.values()].reduce((sum, { high }) => sum + high, 0);
  }

  it.each([
    ['2,000 bytes', 2_000, 200, 100],
    ['1 MiB', 1_048_576, 500, 5_000],
  ])(
    'splits what a topic that accepts %s rejects, and writes everything once and in order',
    async (_, maxMessageBytes, records, valueBytes) => {
      const topic = await createTopic(maxMessageBytes);
      const written = new NumberedRecords(topic, ['hot-customer']).next(records, 'x'.repeat(valueBytes));
      await (await produce()).send(written);
      expect(await valuesIn(topic, records)).toEqual(written.map(({ value }) => value));
      expect(await recordCount(topic)).toBe(records);
    },
  );

  it('rejects the one record that is too large, and writes all others', async () => {
    const topic = await createTopic(2_000);
    const source = new NumberedRecords(topic, ['customer']);
    const [before, after] = [source.next(5), source.next(5)];
    const large: ProducedRecord = { topic, key: 'customer', value: 'x'.repeat(3_000) };
    const producer = await produce();
    const rejected = await producer.send([...before, large, ...after]).catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(RecordsRejectedError);
    expect(rejected).toMatchObject({ rejected: [{ record: large, reason: 'too_large' }] });
    expect(await valuesIn(topic, 10)).toEqual([...before, ...after].map(({ value }) => value));
    expect(await recordCount(topic)).toBe(10);
  });

  it('counts key and headers towards the size of a record', async () => {
    const topic = await createTopic(2_000);
    const large: ProducedRecord[] = [
      { topic, key: 'k'.repeat(3_000), value: 'small' },
      { topic, key: 'k', value: 'small', headers: { large: 'x'.repeat(3_000) } },
    ];
    const rejected = await (await produce()).send(large).catch((error: unknown) => error);
    expect(rejected).toMatchObject({ rejected: large.map((record) => ({ record })) });
  });

  it('writes the records of successive calls in the order of the calls', async () => {
    const topic = await createTopic();
    const producer = await produce();
    const source = new NumberedRecords(topic, ['customer']);
    await Promise.all(Array.from({ length: 20 }, () => producer.send(source.next(100))));
    const seen = new ConsumedNumbers();
    for (const value of await valuesIn(topic, 2_000)) seen.add(value);
    expect(seen.size).toBe(2_000);
    expect(seen.outOfOrder).toEqual([]);
  });

  it('rejects at the deadline if one of two topics cannot be written, and writes the other', async () => {
    const topic = await createTopic();
    const absent = `${topics.prefix}absent`;
    const producer = await produce({ deadlineMs: 1_000 });
    await expect(
      producer.send([
        { topic, key: 'k', value: 'written' },
        { topic: absent, key: 'k', value: 'not written' },
      ]),
    ).rejects.toThrow(KafkaUnavailableError);
    expect(await valuesIn(topic, 1)).toEqual(['written']);
    // One topic that cannot be written does not make the process unready.
    expect(producer.problem()).toBeUndefined();
  });

  it('creates a missing topic if it can', async () => {
    const topic = `${topics.prefix}created-when-needed`;
    const producer = await produce({
      onMissingTopic: async (name) => {
        await ensureTopics(topics.kafka, [{ topic: name, partitions: 1, replicationFactor: 1, config: {} }]);
      },
    });
    await producer.send([{ topic, key: 'k', value: 'v' }]);
    expect(await valuesIn(topic, 1)).toEqual(['v']);
  });

  it('writes queued records when it disconnects, and accepts none afterwards', async () => {
    const topic = await createTopic();
    const producer = await produce({ lingerMs: 10_000 });
    const written = producer.send([{ topic, key: 'k', value: 'v' }]);
    await producer.disconnect();
    await written;
    expect(await valuesIn(topic, 1)).toEqual(['v']);
    await expect(producer.send([{ topic, key: 'k', value: 'v' }])).rejects.toThrow(KafkaUnavailableError);
  });

  it('connects when Kafka becomes reachable, after failed attempts', async () => {
    const topic = await createTopic();
    const port = await getPort({ host: '127.0.0.1' });
    const warn = jest.spyOn(silentLogger, 'warn');
    const producer = new RecordProducer(connectionTo(`127.0.0.1:${port}`), silentLogger);
    producers.push(producer);
    let isConnected = false;
    const connected = producer.connect().then(() => {
      isConnected = true;
    });
    const written = producer.send([{ topic, key: 'k', value: 'v' }]);
    for (const message of ['failed to reach Kafka; retrying', 'failed to write records; retrying'])
      while (!warn.mock.calls.some((call: unknown[]) => call[1] === message))
        await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isConnected).toBe(false);
    expect(producer.problem()).toBe('Kafka cannot be reached');
    const forwarding = await forward(port);
    await connected;
    await written;
    expect(producer.problem()).toBeUndefined();
    forwarding.close();
  });
});

/** Connects clients of this port to the Kafka of the tests, as if it had started there now. */
async function forward(port: number): Promise<Server> {
  const [address = ''] = (process.env['KAFKA_BROKERS'] ?? '').split(',');
  const [host, brokerPort] = address.split(':');
  const server = createServer((client) => {
    const broker = connect(Number(brokerPort), host);
    for (const socket of [client, broker]) socket.on('error', () => undefined);
    client.pipe(broker).pipe(client);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
