import { setTimeout as delay } from 'node:timers/promises';
import {
  connectKafka,
  ConsumerLagReader,
  ensureTopics,
  kafkaConfig,
  projectOfDeliveriesTopic,
  RecordProducer,
  topicConfig,
  type TopicNames,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { z } from 'zod';

export interface PipelineKafka {
  kafka: ReturnType<typeof connectKafka>;
  /** Put before every topic and group name. */
  prefix: string;
  topics: TopicNames;
  lag: ConsumerLagReader;
  /** The projects that have a deliveries topic, with or without an integration. */
  projectsWithTopic: () => Promise<string[]>;
  /** Connects a producer for as long as the work lasts. */
  producing: <T>(work: (producer: RecordProducer) => Promise<T>) => Promise<T>;
}

const reachTimeoutMs = 5_000;
const produceTimeoutMs = 15_000;

/** The pipeline's Kafka, as the environment names it. Throws if it does not respond. */
export async function pipelineKafka(): Promise<PipelineKafka> {
  const config = readConfig(z.object(kafkaConfig));
  const logger = createLogger('cli', 'fatal');
  const kafka = connectKafka(config, 'cli', logger);
  const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
  const lag = new ConsumerLagReader(kafka);
  await reach(lag, config.KAFKA_BROKERS);
  return {
    kafka,
    prefix: config.KAFKA_TOPIC_PREFIX,
    topics,
    lag,
    projectsWithTopic: async () =>
      (await lag.topics()).flatMap((topic) => projectOfDeliveriesTopic(topics, topic) ?? []).toSorted(),
    producing: async (work) => {
      const producer = new RecordProducer(kafka, logger, {
        deadlineMs: produceTimeoutMs,
        onMissingTopic: async (missing) => {
          const specs = topicSpecs(topics, readConfig(z.object(topicConfig)));
          await ensureTopics(
            kafka,
            specs.filter(({ topic }) => topic === missing),
          );
        },
      });
      await producer.connect();
      try {
        return await work(producer);
      } finally {
        await producer.disconnect();
      }
    },
  };
}

async function reach(lag: ConsumerLagReader, brokers: readonly string[]): Promise<void> {
  const late = new AbortController();
  const timeout = delay(reachTimeoutMs, 'it does not respond', { signal: late.signal });
  const problem = await Promise.race([
    lag.clusterState([]).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
    timeout,
  ]);
  late.abort();
  timeout.catch(() => undefined);
  if (problem === undefined) return;
  throw new Error(
    `Kafka cannot be reached at ${brokers.join(', ')}: ${problem}. Check that it runs, and KAFKA_BROKERS.`,
  );
}
