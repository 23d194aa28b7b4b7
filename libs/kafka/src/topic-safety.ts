import { type Admin, type Kafka } from 'kafkajs';
import { readEach } from './read-each';
import { fetchTopicConfig } from './with-admin';

/** Settings of an existing topic that decide whether records can be lost. */
export interface TopicSettings {
  /** Smallest number of replicas of a partition. */
  replicationFactor: number;
  minInsyncReplicas: number;
  uncleanLeaderElection: boolean;
  /** Undefined if Kafka does not delete records because of their age. */
  retentionMs: number | undefined;
}

/** The settings with which the loss of one broker can lose acknowledged records. */
export const unsafeSettings = [
  'replication_factor',
  'min_insync_replicas',
  'unclean_leader_election',
] as const;
type UnsafeSetting = (typeof unsafeSettings)[number];

export function isUnsafe(setting: UnsafeSetting, settings: TopicSettings): boolean {
  switch (setting) {
    case 'replication_factor':
      return settings.replicationFactor < 2;
    case 'min_insync_replicas':
      return settings.minInsyncReplicas < 2;
    case 'unclean_leader_election':
      return settings.uncleanLeaderElection;
  }
}

/** Omits topics that cannot be read. May reject if Kafka cannot be reached. */
export function readTopicSettings(
  kafka: Kafka,
  topics: readonly string[],
): Promise<Map<string, TopicSettings>> {
  return readEach(kafka, topics, readSettings);
}

async function readSettings(admin: Admin, topic: string): Promise<TopicSettings> {
  // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  const configs = await fetchTopicConfig(admin, topic);
  const partitions = metadata.topics.flatMap((one) => one.partitions);
  const retentionMs = Number(configs.get('retention.ms') ?? -1);
  const isDeleted = (configs.get('cleanup.policy') ?? 'delete').includes('delete');
  return {
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    minInsyncReplicas: Number(configs.get('min.insync.replicas') ?? 1),
    uncleanLeaderElection: configs.get('unclean.leader.election.enable') === 'true',
    retentionMs: isDeleted && retentionMs >= 0 ? retentionMs : undefined,
  };
}
