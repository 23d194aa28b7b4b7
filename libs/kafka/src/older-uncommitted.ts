import { type Kafka } from 'kafkajs';
import { type GroupTopic } from './consumer-lag';
import { fetchCommittedOffsets, fetchTopicOffsets, withAdmin } from './with-admin';

/**
 * Whether a record that a group has not committed was written before a time, in ms since the epoch. Rejects if Kafka cannot be
 * reached or the topic does not exist.
 */
export function hasOlderUncommitted(
  kafka: Kafka,
  { groupId, topic }: GroupTopic,
  thanMs: number,
): Promise<boolean> {
  return withAdmin(kafka, async (admin) => {
    // Sequential: a request that is still running when another one fails would reconnect after the disconnect.
    const offsets = await fetchTopicOffsets(admin, topic);
    const committed = await fetchCommittedOffsets(admin, groupId, topic);
    const since = await admin.fetchTopicOffsetsByTimestamp(topic, thanMs);
    const firstSince = new Map(since.map(({ partition, offset }) => [partition, Number(offset)]));
    return offsets.some(({ partition, low, high }) => {
      const start = Math.max(low, committed.get(partition) ?? low);
      return start < high && start < (firstSince.get(partition) ?? low);
    });
  });
}
