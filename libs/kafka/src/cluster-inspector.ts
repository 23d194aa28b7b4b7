import { type Admin } from 'kafkajs';
import { brokerVersion } from './broker-version';
import { type KafkaClient } from './connect';
import { type GroupTopic } from './consumer-lag';
import { rootCause } from './kafka-errors';
import { findOldestTime, startsOf } from './oldest-uncommitted';
import { authorized } from './permission-denied';
import {
  fetchCommittedOffsets,
  fetchTopicConfig,
  fetchTopicOffsets,
  fetchUncommitted,
  withAdmin,
} from './with-admin';

export interface BrokerDescription {
  id: number;
  /** host:port, as advertised. */
  address: string;
  isController: boolean;
  /** Release of Kafka that the API versions of the broker show; undefined if it did not return them. */
  version: string | undefined;
}

export interface PartitionDescription {
  partition: number;
  /** Undefined if the partition has no leader. */
  leader: number | undefined;
  replicas: readonly number[];
  inSyncReplicas: readonly number[];
}

export interface TopicDescription {
  topic: string;
  partitions: readonly PartitionDescription[];
  /** Settings in effect, including the brokers' defaults. */
  config: ReadonlyMap<string, string>;
}

export interface GroupDescription {
  groupId: string;
  /** As Kafka names it: `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance` or `Dead`. */
  state: string;
  members: readonly { clientId: string; host: string }[];
}

/** Sums over the partitions of a topic. */
export interface GroupPosition {
  /** Offsets that the group has passed. */
  committed: number;
  /** Offsets after the last records. */
  end: number;
  lag: number;
}

/** Reads what an operator may have to change: brokers, settings of topics, and consumer groups. Never changes anything. */
export class ClusterInspector {
  constructor(private readonly kafka: KafkaClient) {}

  /** Rejects with KafkaUnavailableError if no broker can be reached. */
  async brokers(): Promise<BrokerDescription[]> {
    const { brokers, controller } = await withAdmin(this.kafka, (admin) => admin.describeCluster());
    return Promise.all(
      brokers.map(async ({ nodeId, host, port }) => ({
        id: nodeId,
        address: `${host}:${port}`,
        isController: nodeId === controller,
        version: await brokerVersion({ host, port }, this.kafka.tls).catch(() => undefined),
      })),
    );
  }

  /** Undefined if the topic does not exist. */
  topic(topic: string): Promise<TopicDescription | undefined> {
    return withAdmin(this.kafka, async (admin) => {
      const partitions = await partitionsOf(admin, topic);
      return partitions && { topic, partitions, config: await fetchTopicConfig(admin, topic) };
    });
  }

  /** Whether records of the topic were deleted, by retention or otherwise. Rejects if the topic does not exist. */
  hasDeletions(topic: string): Promise<boolean> {
    return withAdmin(this.kafka, async (admin) =>
      (await fetchTopicOffsets(admin, topic)).some(({ low }) => low > 0),
    );
  }

  /** A group that does not exist has the state `Dead`. */
  async group(groupId: string): Promise<GroupDescription> {
    const { groups } = await withAdmin(this.kafka, (admin) =>
      authorized({ operation: 'Describe', group: groupId }, () => admin.describeGroups([groupId])),
    );
    const [group] = groups;
    return {
      groupId,
      state: group?.state ?? 'Unknown',
      members: (group?.members ?? []).map(({ clientId, clientHost }) => ({ clientId, host: clientHost })),
    };
  }

  /** Rejects if the topic does not exist or a partition has no leader. */
  position({ groupId, topic }: GroupTopic): Promise<GroupPosition> {
    return withAdmin(this.kafka, async (admin) => {
      // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
      const offsets = await fetchTopicOffsets(admin, topic);
      const committed = await fetchCommittedOffsets(admin, groupId, topic);
      const position = { committed: 0, end: 0, lag: 0 };
      for (const { partition, low, high } of offsets) {
        const next = Math.max(committed.get(partition) ?? low, low);
        position.committed += next;
        position.end += high;
        position.lag += Math.max(0, high - next);
      }
      return position;
    });
  }

  /**
   * When the oldest record that the group has not passed was written, in ms since the epoch, later by at most a second.
   * Undefined if there is none. Rejects like {@link position}.
   */
  oldestWaiting({ groupId, topic }: GroupTopic): Promise<number | undefined> {
    return withAdmin(this.kafka, async (admin) => {
      const starts = startsOf(await fetchUncommitted(admin, groupId, topic));
      const search = { nowMs: Date.now(), precisionMs: 1_000 };
      return starts.size === 0 ? undefined : findOldestTime(admin, topic, starts, search);
    });
  }

  /** Number of records of a topic whose time is at or after this one, in ms since the epoch. */
  recordsSince(topic: string, sinceMs: number): Promise<number> {
    return withAdmin(this.kafka, async (admin) => {
      const offsets = await fetchTopicOffsets(admin, topic);
      const firsts = await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs);
      const ends = new Map(offsets.map(({ partition, high }) => [partition, high]));
      // For a partition without such a record, kafkajs returns its end.
      return firsts.reduce((sum, { partition, offset }) => {
        const end = ends.get(partition) ?? 0;
        return sum + Math.max(0, end - Number(offset));
      }, 0);
    });
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<PartitionDescription[] | undefined> {
  try {
    const { topics } = await authorized({ operation: 'Describe', topic }, () =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return topics
      .find(({ name }) => name === topic)
      ?.partitions.map(({ partitionId, leader, replicas, isr }) => ({
        partition: partitionId,
        leader: leader < 0 ? undefined : leader,
        replicas,
        inSyncReplicas: isr,
      }))
      .toSorted((a, b) => a.partition - b.partition);
  } catch (error) {
    if (rootCause(error).type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}
