import { type Kafka } from 'kafkajs';
import { type TopicSpec } from './topics';
import { settledTopics } from './while-topics-settle';

export interface TopicsReport {
  created: string[];
  /** Existing topics whose partition count differs from what is configured: changing it moves customers between partitions, so a person decides. */
  differing: { topic: string; partitions: number; configured: number }[];
}

/** Creates the topics and partitions that are missing. Running it again, or twice at once, changes nothing. */
export async function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<TopicsReport> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = specs.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({
        // Waited for below, with more patience than kafkajs has.
        waitForLeaders: false,
        topics: missing.map(({ topic, partitions, replicationFactor, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      });
    }
    const topics = await settledTopics(
      admin,
      specs.map(({ topic }) => topic),
    );
    const partitionsOf = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    const small = specs.filter(
      ({ topic, partitions, canGrow }) => canGrow && (partitionsOf.get(topic) ?? partitions) < partitions,
    );
    if (small.length > 0) {
      await admin.createPartitions({
        topicPartitions: small.map(({ topic, partitions }) => ({ topic, count: partitions })),
      });
      for (const { topic, partitions } of small) partitionsOf.set(topic, partitions);
    }
    return {
      created: missing.map(({ topic }) => topic),
      differing: specs.flatMap(({ topic, partitions: configured }) => {
        const partitions = partitionsOf.get(topic) ?? configured;
        return partitions === configured ? [] : [{ topic, partitions, configured }];
      }),
    };
  } finally {
    await admin.disconnect();
  }
}
