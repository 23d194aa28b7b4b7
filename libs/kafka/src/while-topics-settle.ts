import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { type Admin, type ITopicMetadata } from 'kafkajs';

/**
 * A topic that has just been made is not known to every broker at once; kafkajs says of such errors that they are worth
 * another try, and gives up all the same.
 */
export const whileTopicsSettle = retry(
  handleWhen((error) => (error as { retriable?: unknown }).retriable === true),
  { maxAttempts: 20, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 2_000 }) },
);

class NoLeaderYet extends Error {
  override readonly name = 'NoLeaderYet';
  readonly retriable = true;
}

/**
 * Waits until every partition has a leader that knows it: a kafkajs consumer that joins before is deaf to the others for
 * minutes, and a producer sends to them twice.
 */
export function settledTopics(admin: Admin, topics: readonly string[]): Promise<ITopicMetadata[]> {
  return whileTopicsSettle.execute(async () => {
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    for (const { name, partitions } of metadata.topics) {
      if (partitions.length === 0 || partitions.some(({ leader }) => leader < 0))
        throw new NoLeaderYet(`Not every partition of ${name} has a leader yet.`);
    }
    for (const topic of topics) await admin.fetchTopicOffsets(topic);
    return metadata.topics;
  });
}
