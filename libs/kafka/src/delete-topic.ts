import { type Admin, type Kafka } from 'kafkajs';
import { rootCause } from './kafka-errors';
import { authorized } from './permission-denied';
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
    const { groups } = await authorized({ operation: 'Describe', group: groupId }, () =>
      admin.describeGroups([groupId]),
    );
    const members = groups.reduce((sum, group) => sum + group.members.length, 0);
    if (members > 0)
      throw new TopicInUseError(`${topic} is still consumed by ${members} members of group ${groupId}`);
    await authorized({ operation: 'Delete', topic }, () => admin.deleteTopics({ topics: [topic] }));
    await deleteGroup(admin, groupId);
  });
}

/** Does nothing if the group does not exist. */
async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  try {
    await authorized({ operation: 'Delete', group: groupId }, () => admin.deleteGroups([groupId]));
  } catch (error) {
    if (rootCause(error).type !== 'GROUP_ID_NOT_FOUND') throw error;
  }
}
