import { type Integration, integrationFromEnvironment, readProjectPartitions } from '@app/integrations';
import { ConsumerLagReader, type KafkaClient, type TopicNames } from '@app/kafka';
import { type RedisClient } from '@app/platform';
import { type ConsoleConfig } from '../console.config';
import { withinDeadline } from '../http/deadline';

/** Finds the partition counts of all projects to which deliveries can be written. */
export class ProjectPartitions {
  constructor(
    private readonly lag: Pick<ConsumerLagReader, 'projectPartitions'>,
    private readonly names: TopicNames,
    private readonly fromEnvironment: Integration | undefined,
    private readonly redis: RedisClient,
  ) {}

  /**
   * Returns, by project, the count in its current or removed integration, or else the count of its deliveries topic. Rejects
   * if Kafka or Redis does not respond in time.
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

export function createProjectPartitions(
  config: ConsoleConfig,
  kafka: KafkaClient,
  topics: TopicNames,
  redis: RedisClient,
): ProjectPartitions {
  return new ProjectPartitions(
    new ConsumerLagReader(kafka),
    topics,
    integrationFromEnvironment(config),
    redis,
  );
}
