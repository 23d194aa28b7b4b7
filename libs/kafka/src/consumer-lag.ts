import { type Admin, type Kafka } from 'kafkajs';

/** One group's backlog in one topic. */
export interface ConsumerLag {
  topic: string;
  groupId: string;
  /** Records not yet committed, over all partitions. */
  records: number;
}

/** What a cluster has of some topics: tells whether positions that were kept elsewhere still mean anything. */
export interface ClusterState {
  clusterId: string;
  /** By topic, the offset after the last record of each partition. */
  ends: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Reads how far groups and topics are. Rejects while Kafka cannot be reached. */
export class ConsumerLagReader {
  private readonly admin: Admin;

  constructor(kafka: Kafka) {
    this.admin = kafka.admin();
  }

  connect(): Promise<void> {
    return this.admin.connect();
  }

  disconnect(): Promise<void> {
    return this.admin.disconnect();
  }

  topics(): Promise<string[]> {
    return this.admin.listTopics();
  }

  async lagOf(groupId: string, topic: string): Promise<ConsumerLag> {
    const [ends, committed] = await Promise.all([
      this.admin.fetchTopicOffsets(topic),
      this.admin.fetchOffsets({ groupId, topics: [topic] }),
    ]);
    const positions = new Map(
      committed.flatMap(({ partitions }) =>
        partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      ),
    );
    const records = ends.reduce((sum, { partition, low, high }) => {
      // -1: the group has committed nothing here yet.
      const position = Math.max(positions.get(partition) ?? -1, Number(low));
      return sum + Math.max(0, Number(high) - position);
    }, 0);
    return { topic, groupId, records };
  }

  async clusterState(topics: readonly string[]): Promise<ClusterState> {
    const [{ clusterId }, ...offsets] = await Promise.all([
      this.admin.describeCluster(),
      ...topics.map((topic) => this.admin.fetchTopicOffsets(topic)),
    ]);
    return {
      clusterId,
      ends: new Map(
        topics.map((topic, i) => [
          topic,
          new Map((offsets[i] ?? []).map(({ partition, high }) => [partition, Number(high)])),
        ]),
      ),
    };
  }
}
