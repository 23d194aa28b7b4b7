import { type Kafka, type TopicPartitionOffset } from 'kafkajs';

/** Commits an offset as a member of the group: kafkajs's `setOffsets` leaves a connection open. */
export async function commitOffset(
  kafka: Kafka,
  groupId: string,
  offset: TopicPartitionOffset,
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: offset.topic });
    // Until its first fetch, kafkajs ignores commits, and a disconnect does not stop it. If the coordinator of the group is not
    // ready yet, it joins only after `run` has returned.
    const fetched = new Promise((resolve) => consumer.on(consumer.events.FETCH, resolve));
    await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    await fetched;
    await consumer.commitOffsets([offset]);
  } finally {
    await consumer.disconnect();
  }
}
