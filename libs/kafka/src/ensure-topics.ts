import { type Admin, type Kafka } from 'kafkajs';
import { rootCause } from './kafka-errors';
import { authorized } from './permission-denied';
import { type TopicSpec } from './topics';
import { waitForLeaders } from './wait-for-leaders';
import { withAdmin } from './with-admin';

export interface TopicsReport {
  created: string[];
  /** Topics that had fewer partitions than their integration expects. */
  enlarged: string[];
  /** Existing topics whose partition count differs from the configured one. They stay as they are: a change moves keys. */
  differing: { topic: string; partitions: number; configured: number }[];
}

/**
 * Creates missing topics, and adds partitions to those whose spec has `growsToSpec`. Never changes anything else of an
 * existing topic, so it can run again, or several times at once. Resolves when every partition has a leader.
 */
export function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<TopicsReport> {
  return withAdmin(kafka, async (admin) => {
    const report: TopicsReport = { created: [], enlarged: [], differing: [] };
    for (const spec of specs) {
      const { topic, partitions: configured } = spec;
      const partitions = await partitionCount(admin, topic);
      if (partitions === undefined) {
        if (await create(admin, spec)) report.created.push(topic);
      } else if (spec.growsToSpec === true) {
        if (partitions < configured && (await enlarge(admin, spec))) report.enlarged.push(topic);
      } else if (partitions !== configured) {
        report.differing.push({ topic, partitions, configured });
      }
    }
    for (const { topic, partitions, growsToSpec } of specs)
      await authorized({ operation: 'Describe', topic }, () =>
        waitForLeaders(admin, topic, growsToSpec === true ? partitions : 1),
      );
    return report;
  });
}

/** For producers: returns a function that creates a missing topic if it has a spec. */
export function topicCreator(
  kafka: Kafka,
  specOf: (topic: string) => TopicSpec | undefined | Promise<TopicSpec | undefined>,
): (topic: string) => Promise<void> {
  return async (topic) => {
    const spec = await specOf(topic);
    if (spec !== undefined) await ensureTopics(kafka, [spec]);
  };
}

/** Undefined if the topic does not exist. */
async function partitionCount(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await authorized({ operation: 'Describe', topic }, () =>
      admin.fetchTopicMetadata({ topics: [topic] }),
    );
    return topics.find(({ name }) => name === topic)?.partitions.length;
  } catch (error) {
    if (isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined;
    throw error;
  }
}

/** False if another process was faster. */
function create(admin: Admin, { topic, partitions, replicationFactor, config }: TopicSpec): Promise<boolean> {
  return authorized({ operation: 'Create', topic }, () =>
    admin.createTopics({
      // kafkajs would give up too early: see waitForLeaders.
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );
}

/** False if another process was faster. */
async function enlarge(admin: Admin, { topic, partitions }: TopicSpec): Promise<boolean> {
  try {
    await authorized({ operation: 'Alter', topic }, () =>
      admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }),
    );
    return true;
  } catch (error) {
    // The topic has at least as many partitions by now.
    if (isOfType(error, 'INVALID_PARTITIONS')) return false;
    throw error;
  }
}

function isOfType(error: unknown, type: string): boolean {
  return rootCause(error).type === type;
}
