import { type Integration, readProjectPartitions } from '@app/integrations';
import { type ConsumerLagReader, type TopicNames } from '@app/kafka';
import { type RedisClient } from '@app/platform';
import { withinDeadline } from '../http/deadline';

/** Partition counts of the projects that deliveries can be written for. */
export class ProjectPartitions {
  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'projectPartitions'>,
    private readonly names: TopicNames,
    private readonly fromEnvironment: Integration | undefined,
    private readonly redis: RedisClient,
  ) {}

  /**
   * By project: as its integration has it, or had it before it was removed, else as its deliveries topic has it. Rejects
   * if Kafka or Redis do not respond in time.
   */
  async partitions(): Promise<ReadonlyMap<string, number>> {
    const [existing, { listed, removed }] = await Promise.all([
      withinDeadline('Kafka', this.lag.projectPartitions(this.names)),
      readProjectPartitions(this.redis),
    ]);
    const { fromEnvironment } = this;
    return new Map([
      ...existing,
      ...(fromEnvironment === undefined
        ? []
        : [[fromEnvironment.projectId, fromEnvironment.partitions] as const]),
      ...removed,
      ...listed,
    ]);
  }
}
