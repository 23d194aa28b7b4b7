import { type EachBatchPayload, Kafka, logLevel, type Message, Partitioners } from 'kafkajs';

/**
 * Only Kafka's part of a delivery: reads each record and writes a receipt of the usual size for it.
 * Runs as a separate process with addresses from its environment, and reports the size of each batch to the sink.
 */
const { KAFKA_BROKERS = '', SINK_URL = '', TOPIC = '', RECEIPTS = '', GROUP = '' } = process.env;
const receipt = JSON.stringify({ filler: 'x'.repeat(250) });

const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: GROUP, maxBytesPerPartition: 4 * 1024 * 1024 });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });

/** Does not wait for the receipts before reading on, like the dispatcher. */
function eachBatch(payload: EachBatchPayload): Promise<void> {
  void writeReceipts(payload);
  return Promise.resolve();
}

async function writeReceipts({ batch }: EachBatchPayload): Promise<void> {
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
