import { setTimeout as delay } from 'node:timers/promises';
import {
  ClusterInspector,
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
import { CannotRunError } from './exit-codes';

export interface PipelineKafka {
  kafka: ReturnType<typeof connectKafka>;
  /** Prefix of all topic and group names. */
  prefix: string;
  topics: TopicNames;
  lag: ConsumerLagReader;
  inspector: ClusterInspector;
  /** Returns the projects that have a deliveries topic, with or without an integration. */
  projectsWithTopic: () => Promise<string[]>;
  /** Runs the work with a connected producer. */
  producing: <T>(work: (producer: RecordProducer) => Promise<T>) => Promise<T>;
}

const connectTimeoutMs = 5_000;
const produceTimeoutMs = 15_000;

/** Connects to the Kafka in the environment. Throws {@link CannotRunError} if it does not respond. */
export async function pipelineKafka(): Promise<PipelineKafka> {
  const config = readConfig(z.object(kafkaConfig));
  const logger = createLogger('cli', 'fatal');
  const kafka = connectKafka(config, 'cli', logger);
  const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
  const lag = new ConsumerLagReader(kafka);
  await checkReachable(lag, config.KAFKA_BROKERS);
  return {
    kafka,
    prefix: config.KAFKA_TOPIC_PREFIX,
    topics,
    lag,
    inspector: new ClusterInspector(kafka),
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

async function checkReachable(lag: ConsumerLagReader, brokers: readonly string[]): Promise<void> {
  const abort = new AbortController();
  const timeout = delay(connectTimeoutMs, 'no response', { signal: abort.signal });
  const problem = await Promise.race([
    lag.clusterState([]).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
    timeout,
  ]);
  abort.abort();
  timeout.catch(() => undefined);
  if (problem === undefined) return;
  throw new CannotRunError(
    `Kafka is not reachable at ${brokers.join(', ')}: ${problem}. Check that it is running, and check KAFKA_BROKERS.`,
  );
}
