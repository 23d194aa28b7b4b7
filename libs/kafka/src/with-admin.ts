import { type Admin, ConfigResourceTypes, type Kafka } from 'kafkajs';
import { KafkaClient } from './connect';
import { connectionProblem } from './connection-problem';
import { KafkaUnavailableError } from './kafka-errors';
import { authorized, PermissionDeniedError } from './permission-denied';

/**
 * Runs work with its own admin client. Rejects with {@link KafkaUnavailableError} if the client cannot connect or lacks a
 * permission.
 *
 * A kafkajs admin client remembers every topic of its requests, and fails all later requests once one of these topics was
 * deleted. So each task uses a new client.
 */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const client = kafka instanceof KafkaClient ? kafka : undefined;
  const admin = kafka.admin({ retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 } });
  try {
    await admin.connect().catch((error: unknown) => {
      throw new KafkaUnavailableError(connectionProblem(error, client?.saslMechanism), { cause: error });
    });
    return await work(admin);
  } catch (error) {
    throw error instanceof PermissionDeniedError ? error.withUser(client?.user) : error;
  } finally {
    await admin.disconnect();
  }
}

export interface PartitionOffsets {
  partition: number;
  /** Offset of the first record. */
  low: number;
  /** Offset after the last stable record: one that belongs to no open transaction. */
  high: number;
}

/** Committed offsets of a group, by partition. Partitions without one are absent. */
export async function fetchCommittedOffsets(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<Map<number, number>> {
  const offsets = await authorized({ operation: 'Describe', topic, group: groupId }, () =>
    admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  return new Map(
    offsets
      .flatMap(({ partitions }) => partitions)
      .map(({ partition, offset }): [number, number] => [partition, Number(offset)])
      .filter(([, offset]) => offset >= 0),
  );
}

/** Rejects if the topic does not exist or a partition has no leader. */
export async function fetchTopicOffsets(admin: Admin, topic: string): Promise<PartitionOffsets[]> {
  const offsets = await authorized({ operation: 'Describe', topic }, () => admin.fetchTopicOffsets(topic));
  return offsets.map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }));
}

/** Settings of a topic in effect, including the brokers' defaults. Rejects if the topic does not exist. */
export async function fetchTopicConfig(admin: Admin, topic: string): Promise<Map<string, string>> {
  const { resources } = await authorized({ operation: 'DescribeConfigs', topic }, () =>
    admin.describeConfigs({
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      includeSynonyms: false,
    }),
  );
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

/** Offsets of one partition that are not committed, if it has any: from `start` up to `end`, which is excluded. */
export interface UncommittedOffsets {
  partition: number;
  start: number;
  end: number;
}

/** Rejects if the topic does not exist or a partition has no leader. */
export async function fetchUncommitted(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<UncommittedOffsets[]> {
  // Sequential: a request that is still running when the other fails would reconnect after the disconnect.
  const offsets = await fetchTopicOffsets(admin, topic);
  const committed = await fetchCommittedOffsets(admin, groupId, topic);
  return offsets
    .map(({ partition, low, high }) => {
      const start = Math.max(low, committed.get(partition) ?? low);
      return { partition, start, end: high };
    })
    .filter(({ start, end }) => start < end);
}

/** Number of records; offsets without a record count as one. */
export function recordsIn(uncommitted: readonly UncommittedOffsets[]): number {
  return uncommitted.reduce((sum, { start, end }) => sum + end - start, 0);
}
