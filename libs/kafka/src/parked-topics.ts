import { ConfigResourceTypes, type Kafka } from 'kafkajs';
import { isParkedTopic, type TopicNames } from './topics';
import { settledTopics } from './while-topics-settle';

/** Makes parking topics after the pattern of the deliveries topic: as many partitions, kept for longer. */
export class ParkedTopics {
  constructor(
    private readonly kafka: Kafka,
    private readonly names: TopicNames,
    private readonly retentionMs: number,
  ) {}

  existing(): Promise<string[]> {
    return this.withAdmin(async (admin) => {
      const topics = await admin.listTopics();
      return topics.filter((topic) => isParkedTopic(this.names, topic));
    });
  }

  async ensure(topics: readonly string[]): Promise<void> {
    await this.withAdmin(async (admin) => {
      const [deliveries] = await settledTopics(admin, [this.names.deliveries]);
      const partitions = deliveries?.partitions ?? [];
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: this.names.deliveries,
            configNames: ['min.insync.replicas', 'max.message.bytes'],
          },
        ],
      });
      const configEntries = (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => ({
        name: configName,
        value: configValue,
      }));
      await admin.createTopics({
        // Waited for below, with more patience than kafkajs has.
        waitForLeaders: false,
        topics: topics.map((topic) => ({
          topic,
          numPartitions: partitions.length,
          replicationFactor: partitions[0]?.replicas.length ?? 1,
          configEntries: [...configEntries, { name: 'retention.ms', value: String(this.retentionMs) }],
        })),
      });
      await settledTopics(admin, topics);
    });
  }

  private async withAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
