import { type Kafka } from 'kafkajs';
import { withAdmin } from './with-admin';

/** The consumer group of the topic has members. */
class TopicInUseError extends Error {
  override readonly name = 'TopicInUseError';
}

/**
 * Deletes a topic and its consumer group, so that a new topic of the same name is read from its beginning.
 * Throws {@link TopicInUseError} if the group has members.
 */
export function deleteTopic(kafka: Kafka, topic: string, groupId: string): Promise<void> {
  return withAdmin(kafka, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    const members = groups.reduce((sum, group) => sum + group.members.length, 0);
    if (members > 0)
      throw new TopicInUseError(`${topic} is still consumed by ${members} members of group ${groupId}`);
    await admin.deleteTopics({ topics: [topic] });
    // Rejects if the group has never committed anything.
    await admin.deleteGroups([groupId]).catch(() => undefined);
  });
}
