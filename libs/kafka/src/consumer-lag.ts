import { type Admin, type Kafka } from 'kafkajs';
import { readEach } from './read-each';
import { projectOfDeliveriesTopic, type TopicNames } from './topics';
import {
  fetchTopicOffsets,
  fetchUncommitted,
  type PartitionOffsets,
  recordsIn,
  withAdmin,
} from './with-admin';

/** A consumer group and the topic that it reads. */
export interface GroupTopic {
  groupId: string;
  topic: string;
}

/** State of some topics of a cluster, which shows whether stored positions are still valid. */
export interface ClusterState {
  clusterId: string;
  /** Offset after the last record, by topic and partition. Topics that cannot be read are omitted. */
  ends: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Reads the lag of consumer groups and the state of topics. Every call has its own admin clients: see {@link withAdmin}. */
export class ConsumerLagReader {
  constructor(private readonly kafka: Kafka) {}

  /** All topics of the cluster. Rejects if any partition of the cluster has no leader. */
  topics(): Promise<string[]> {
    return withAdmin(this.kafka, (admin) => admin.listTopics());
  }

  /** Partition counts of the deliveries topics, by project. Topics that cannot be read are omitted. */
  async projectPartitions(names: TopicNames): Promise<Map<string, number>> {
    const topics = (await this.topics()).flatMap((topic) => {
      const projectId = projectOfDeliveriesTopic(names, topic);
      return projectId === undefined ? [] : [{ topic, projectId }];
    });
    const offsets = await readEach(this.kafka, topics, (admin, { topic }) => fetchTopicOffsets(admin, topic));
    return new Map([...offsets].map(([{ projectId }, { length }]) => [projectId, length]));
  }

  /**
   * Lag of each group over all partitions of its topic, in the order of the groups. Undefined if it cannot be read, for
   * example because the topic does not exist.
   */
  async readLag(groups: readonly GroupTopic[]): Promise<(number | undefined)[]> {
    const lags = await readEach(this.kafka, groups, lagIn);
    return groups.map((group) => lags.get(group));
  }

  /** Rejects if Kafka cannot be reached. */
  async clusterState(topics: readonly string[]): Promise<ClusterState> {
    const [clusterId, offsets] = await Promise.all([
      withAdmin(this.kafka, async (admin) => (await admin.describeCluster()).clusterId),
      readEach(this.kafka, topics, fetchTopicOffsets),
    ]);
    return {
      clusterId,
      ends: new Map([...offsets].map(([topic, partitions]) => [topic, endsOf(partitions)])),
    };
  }
}

async function lagIn(admin: Admin, { groupId, topic }: GroupTopic): Promise<number> {
  return recordsIn(await fetchUncommitted(admin, groupId, topic));
}

function endsOf(partitions: readonly PartitionOffsets[]): Map<number, number> {
  return new Map(partitions.map(({ partition, high }) => [partition, high]));
}
