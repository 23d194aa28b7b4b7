import { type Kafka, type TopicPartitionOffset } from 'kafkajs';

/** Commits an offset as a member of the group: kafkajs's `setOffsets` leaves a connection open. */
export async function commitOffset(
  kafka: Kafka,
  groupId: string,
  offset: TopicPartitionOffset,
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: offset.topic });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
  await joined;
  await consumer.commitOffsets([offset]);
  await consumer.disconnect();
}
