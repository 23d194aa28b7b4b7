import { randomUUID } from 'node:crypto';
import { type Receipt } from '@app/delivery';
import { type KafkaClient } from '../pipeline';

export interface ReceiptStream {
  /** In the order received. */
  receipts: readonly Receipt[];
  stop: () => Promise<void>;
}

/** Collects receipts written to the topic from now on. */
export async function followReceipts(kafka: KafkaClient, topic: string): Promise<ReceiptStream> {
  const receipts: Receipt[] = [];
  const groupId = `start-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({
    eachMessage: ({ message }) => {
      if (message.value !== null) receipts.push(JSON.parse(message.value.toString()) as Receipt);
      return Promise.resolve();
    },
  });
  for (const { partition, offset } of ends) consumer.seek({ topic, partition, offset });
  return {
    receipts,
    stop: async () => {
      await consumer.disconnect();
      await admin.deleteGroups([groupId]);
      await admin.disconnect();
    },
  };
}
