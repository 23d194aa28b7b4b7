import { type Admin, type Kafka } from 'kafkajs';
import { projectOfDeliveriesTopic, type TopicNames } from './topics';
import { fetchCommittedOffsets, fetchTopicOffsets, type PartitionOffsets, withAdmin } from './with-admin';

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
    const offsets = await this.read(topics, (admin, { topic }) => fetchTopicOffsets(admin, topic));
    return new Map([...offsets].map(([{ projectId }, { length }]) => [projectId, length]));
  }

  /**
   * Lag of each group over all partitions of its topic, in the order of the groups. Undefined if it cannot be read, for
   * example because the topic does not exist.
   */
  async readLag(groups: readonly GroupTopic[]): Promise<(number | undefined)[]> {
    const lags = await this.read(groups, lagIn);
    return groups.map((group) => lags.get(group));
  }

  /** Rejects if Kafka cannot be reached. */
  async clusterState(topics: readonly string[]): Promise<ClusterState> {
    const [clusterId, offsets] = await Promise.all([
      withAdmin(this.kafka, async (admin) => (await admin.describeCluster()).clusterId),
      this.read(topics, fetchTopicOffsets),
    ]);
    return {
      clusterId,
      ends: new Map([...offsets].map(([topic, partitions]) => [topic, endsOf(partitions)])),
    };
  }

  /**
   * Runs `work` for each item, and omits the items for which it fails.
   *
   * All items share one admin client at first. A topic that does not exist makes that client fail for other topics too, so
   * each failed item is read again with its own admin client.
   */
  private async read<K, V>(
    items: readonly K[],
    work: (admin: Admin, item: K) => Promise<V>,
  ): Promise<Map<K, V>> {
    const found = new Map<K, V>();
    const readWith = async (admin: Admin, item: K): Promise<void> => {
      found.set(item, await work(admin, item));
    };
    if (items.length > 1) {
      await withAdmin(this.kafka, (admin) => Promise.allSettled(items.map((item) => readWith(admin, item))));
    }
    const failed = items.filter((item) => !found.has(item));
    await Promise.allSettled(failed.map((item) => withAdmin(this.kafka, (admin) => readWith(admin, item))));
    return found;
  }
}

async function lagIn(admin: Admin, { groupId, topic }: GroupTopic): Promise<number> {
  // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
  const offsets = await fetchTopicOffsets(admin, topic);
  const committed = await fetchCommittedOffsets(admin, groupId, topic);
  return offsets.reduce((sum, { partition, low, high }) => {
    const position = Math.max(committed.get(partition) ?? low, low);
    return sum + Math.max(0, high - position);
  }, 0);
}

function endsOf(partitions: readonly PartitionOffsets[]): Map<number, number> {
  return new Map(partitions.map(({ partition, high }) => [partition, high]));
}
