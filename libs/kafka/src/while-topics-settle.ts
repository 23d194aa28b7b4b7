import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { rootCause } from './kafka-errors';
import { type Admin } from 'kafkajs';

/**
 * A topic that has just been made is not known to every broker at once; kafkajs says of such errors that they are worth
 * another try, and gives up all the same.
 */
export const whileTopicsSettle = retry(
  handleWhen((error) => (rootCause(error) as { retriable?: unknown }).retriable === true),
  { maxAttempts: 20, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }) },
);

class NoLeaderYet extends Error {
  override readonly name = 'NoLeaderYet';
  readonly retriable = true;
}

/**
 * Waits until every partition has a leader that knows it: a kafkajs consumer that joins before is deaf to the others for
 * minutes, and a producer sends to them twice.
 *
 * @param least number of partitions to wait for
 */
export function settledTopic(admin: Admin, topic: string, least: number): Promise<void> {
  return whileTopicsSettle.execute(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    if (partitions.length < least || partitions.some(({ leader }) => leader < 0))
      throw new NoLeaderYet(`Not every partition of ${topic} has a leader yet.`);
    await admin.fetchTopicOffsets(topic);
  });
}
