import { rootCause } from './kafka-errors';
import { type KafkaClient } from './connect';
import { withAdmin } from './with-admin';

/** Looks up which topics exist. Every call has its own admin client: see {@link withAdmin}. */
export class ExistingTopics {
  constructor(private readonly kafka: KafkaClient) {}

  /** All topics of the cluster. Rejects if Kafka cannot be reached, or if any partition of the cluster has no leader. */
  async list(): Promise<ReadonlySet<string>> {
    return new Set(await withAdmin(this.kafka, (admin) => admin.listTopics()));
  }

  /** Those of the given topics that exist, even if a partition has no leader. Rejects if Kafka cannot be reached. */
  among(topics: Iterable<string>): Promise<ReadonlySet<string>> {
    return withAdmin(this.kafka, async (admin) => {
      const existing = new Set<string>();
      for (const topic of topics) {
        try {
          await admin.fetchTopicMetadata({ topics: [topic] });
          existing.add(topic);
        } catch (error) {
          const { type } = rootCause(error);
          if (type === undefined) throw error;
          if (type !== 'UNKNOWN_TOPIC_OR_PARTITION') existing.add(topic);
        }
      }
      return existing;
    });
  }
}
