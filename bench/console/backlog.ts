import {
  type ConsumedRecord,
  type KafkaClient,
  type ProducedRecord,
  RecordProducer,
  topicNames,
} from '@app/kafka';
import { silentLogger } from '../bench-stack';
import { recordsOfEvent } from './events';

const eventsAtOnce = 1_000;
const spanMs = 86_400_000;

/** Writes the pipeline's records of `count` events to Kafka, and returns the number of records. */
export async function writeBacklog(kafka: KafkaClient, count: number, endMs: number): Promise<number> {
  const topics = topicNames();
  const producer = new RecordProducer(kafka, silentLogger);
  await producer.connect();
  let records = 0;
  try {
    for (let from = 0; from < count; from += eventsAtOnce) {
      const batch: ConsumedRecord[] = [];
      for (let i = from; i < Math.min(count, from + eventsAtOnce); i += 1) {
        const eventRecords = recordsOfEvent(i, topics, endMs - spanMs, spanMs / count);
        const { event, delivery, receipts, deadLetter } = eventRecords;
        batch.push(...[event, delivery, ...receipts, deadLetter].filter((record) => record !== undefined));
      }
      await producer.send(batch.map(toProducedRecord));
      records += batch.length;
    }
  } finally {
    await producer.disconnect();
  }
  return records;
}

function toProducedRecord({ topic, key, value, headers }: ConsumedRecord): ProducedRecord {
  return { topic, key, value, headers: { ...headers } };
}
