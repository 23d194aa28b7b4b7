import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

const name = 'CoPartitioning';
const version = 1;

/**
 * Gives partition n of every topic to the same member, so that what belongs to one customer is in one process whatever
 * topic it lies in. A member is given no topic that it has not subscribed to.
 */
export const coPartitioningAssigner: PartitionAssigner = ({ cluster }) => ({
  name,
  version,

  protocol: ({ topics }) => ({
    name,
    metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
  }),

  assign: ({ members, topics }) => {
    const subscribed = new Map(
      members.map(({ memberId, memberMetadata }) => [
        memberId,
        new Set(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? []),
      ]),
    );
    const memberIds = [...subscribed.keys()].sort();
    const assignments = new Map(
      memberIds.map((memberId): [string, Record<string, number[]>] => [memberId, {}]),
    );
    for (const topic of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const memberId = memberIds[partitionId % memberIds.length];
        if (memberId === undefined || subscribed.get(memberId)?.has(topic) !== true) continue;
        const assignment = assignments.get(memberId) ?? {};
        (assignment[topic] ??= []).push(partitionId);
      }
    }
    return Promise.resolve(
      [...assignments].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment,
          userData: Buffer.alloc(0),
        }),
      })),
    );
  },
});
