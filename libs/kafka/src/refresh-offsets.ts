import { type Kafka } from 'kafkajs';
import { withAdmin } from './with-admin';

/**
 * Commits a group's current offsets in a topic again. Kafka deletes the offsets of a group without members after
 * `offsets.retention.minutes` (7 days by default), and the group would then start at the oldest record.
 *
 * Rejects if the group has members, which commit their own offsets.
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
