import { type Kafka } from 'kafkajs';
import { withAdmin } from './with-admin';

/**
 * Commits a group's offsets in a topic again, as they are. Kafka forgets the offsets of a group without members after
 * `offsets.retention.minutes` (7 days unless it is configured), and the group would begin with the oldest record.
 *
 * Rejects if the group has members, who commit for themselves.
 */
export async function refreshOffsets(kafka: Kafka, groupId: string, topic: string): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const offsets = await admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = offsets
      .flatMap((one) => one.partitions)
      .filter(({ offset }) => Number(offset) >= 0)
      .map(({ partition, offset }) => ({ partition, offset }));
    if (partitions.length > 0) await admin.setOffsets({ groupId, topic, partitions });
  });
}
