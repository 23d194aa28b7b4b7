import { type EachBatchPayload, Kafka, logLevel, type Message, Partitioners } from 'kafkajs';

/**
 * Kafka's part of a delivery and nothing else: each record is read, and a receipt of the usual size is written for it.
 * A process of its own, told by its environment where everything is;
 * it tells the sink how many records each batch had.
 */
const { KAFKA_BROKERS = '', SINK_URL = '', TOPIC = '', RECEIPTS = '', GROUP = '' } = process.env;
const receipt = JSON.stringify({ filler: 'x'.repeat(250) });

const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: GROUP, maxBytesPerPartition: 4 * 1024 * 1024 });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });

/** Reading goes on while receipts are written, as it does in the dispatcher. */
function eachBatch(payload: EachBatchPayload): Promise<void> {
  void answer(payload);
  return Promise.resolve();
}

async function answer({ batch }: EachBatchPayload): Promise<void> {
  const messages: Message[] = batch.messages.map(({ key }) => ({
    key,
    value: receipt,
    partition: batch.partition,
  }));
  await producer.send({ topic: RECEIPTS, messages, acks: -1 });
  await fetch(SINK_URL, { method: 'POST', headers: { 'statsig-event-count': String(messages.length) } });
}

async function main(): Promise<void> {
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({ eachBatch, partitionsConsumedConcurrently: 12 });
}

void main();
