import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { NoLeaderError, rootCause } from './kafka-errors';
import { type Admin } from 'kafkajs';

/**
 * Retries errors that kafkajs marks as retriable but does not retry for long enough: a new topic is not known to every
 * broker at once.
 */
const retryWhileRetriable = retry(
  handleWhen((error) => (rootCause(error) as { retriable?: unknown }).retriable === true),
  { maxAttempts: 20, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }) },
);

/**
 * Waits until every partition has a leader that knows it. Without that, a kafkajs consumer does not read the other partitions
 * for minutes, and a producer writes to them twice.
 *
 * @param minPartitions minimum number of partitions to wait for
 */
export function waitForLeaders(admin: Admin, topic: string, minPartitions: number): Promise<void> {
  return retryWhileRetriable.execute(async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    if (partitions.length < minPartitions || partitions.some(({ leader }) => leader < 0))
      throw new NoLeaderError(topic);
    await admin.fetchTopicOffsets(topic);
  });
}
