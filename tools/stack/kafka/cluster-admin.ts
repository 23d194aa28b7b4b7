import { connectKafka, kafkaConfig } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { z } from 'zod';
import { until } from '../process/until';

type Admin = ReturnType<ReturnType<typeof connectKafka>['admin']>;

export interface ClusterDescription {
  clusterId: string;
  /** Ids of the brokers that are registered and not fenced. */
  brokerIds: number[];
}

const partitionTimeoutMs = 60_000;

/** Describes the cluster of these brokers. Rejects if none of them responds. */
export function describeCluster(brokers: string): Promise<ClusterDescription> {
  return withAdmin(brokers, async (admin) => {
    const { clusterId, brokers: members } = await admin.describeCluster();
    if (members.length === 0) throw new Error('the cluster has no broker yet');
    return { clusterId, brokerIds: members.map(({ nodeId }) => nodeId) };
  });
}

/** Administrative operations on a running cluster. */
export class ClusterAdmin {
  constructor(private readonly addresses: readonly string[]) {}

  /** Makes the next replica of each partition its leader. Resolves when all are elected. */
  async moveLeaders(): Promise<void> {
    const moved = await this.do(async (admin) => {
      const topics = await fetchPartitions(admin);
      await admin.alterPartitionReassignments({
        topics: topics.map(({ name, partitions }) => ({
          topic: name,
          partitionAssignment: partitions.map(({ partitionId, replicas: [first = -1, ...others] }) => ({
            partition: partitionId,
            replicas: [...others, first],
          })),
        })),
      });
      return topics.map(({ name }) => name);
    });
    await this.untilPartitions(moved, ({ leader, replicas }) => leader === replicas[0], 'moved');
  }

  /** Returns the broker id of each partition's leader, in order of partition. */
  async leaders(topic: string): Promise<number[]> {
    const [found] = await this.do((admin) => fetchPartitions(admin, [topic]));
    return (
      found?.partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader) ?? []
    );
  }

  /** Resolves when all replicas of all partitions are in sync, so that another broker can be stopped safely. */
  inSync(): Promise<void> {
    return this.untilPartitions(undefined, ({ isr, replicas }) => isr.length === replicas.length, 'in sync');
  }

  /** @param count the new number of partitions */
  async addPartitions(topic: string, count: number): Promise<void> {
    await this.do((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }));
    await this.untilPartitions([topic], ({ leader }) => leader >= 0, 'assigned a leader');
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.do((admin) => admin.deleteTopics({ topics: [...topics] }));
  }

  topics(): Promise<string[]> {
    return this.do((admin) => admin.listTopics());
  }

  private async untilPartitions(
    topics: string[] | undefined,
    isReady: (
      partition: Awaited<ReturnType<typeof fetchPartitions>>[number]['partitions'][number],
    ) => boolean,
    state: string,
  ): Promise<void> {
    await until(
      async () => {
        const found = await this.do((admin) => fetchPartitions(admin, topics));
        const pending = found.flatMap(({ partitions }) => partitions.filter((one) => !isReady(one)));
        if (pending.length > 0) throw new Error(`${pending.length} partitions are not ${state} yet`);
      },
      { timeoutMs: partitionTimeoutMs },
    );
  }

  private do<T>(action: (admin: Admin) => Promise<T>): Promise<T> {
    return withAdmin(this.addresses.join(','), action);
  }
}

async function fetchPartitions(admin: Admin, topics?: string[]) {
  return (await admin.fetchTopicMetadata({ topics: topics ?? (await admin.listTopics()) })).topics;
}

/** Uses a new client each time, since brokers may have changed. */
async function withAdmin<T>(brokers: string, action: (admin: Admin) => Promise<T>): Promise<T> {
  const config = readConfig(z.object(kafkaConfig), { ...process.env, KAFKA_BROKERS: brokers });
  const admin = connectKafka(config, 'stack', createLogger('stack', 'silent')).admin({
    // Enough to find a running broker; callers decide whether to retry the whole action.
    retry: { retries: 2, initialRetryTime: 50 },
  });
  try {
    await admin.connect();
    return await action(admin);
  } finally {
    await admin.disconnect();
  }
}
