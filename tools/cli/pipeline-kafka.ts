import {
  connectKafka,
  ConsumerLagReader,
  kafkaConfig,
  projectOfDeliveriesTopic,
  RecordProducer,
  type TopicNames,
  topicNames,
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

/** The pipeline's Kafka, as the environment names it. */
export function pipelineKafka(): PipelineKafka {
  const config = readConfig(z.object(kafkaConfig));
  const logger = createLogger('cli', 'error');
  const kafka = connectKafka(config, 'cli', logger);
  const topics = topicNames(config.KAFKA_TOPIC_PREFIX);
  const lag = new ConsumerLagReader(kafka);
  return {
    kafka,
    prefix: config.KAFKA_TOPIC_PREFIX,
    topics,
    lag,
    projectsWithTopic: async () =>
      (await lag.topics()).flatMap((topic) => projectOfDeliveriesTopic(topics, topic) ?? []).toSorted(),
    producing: async (work) => {
      const producer = new RecordProducer(kafka, logger);
      await producer.connect();
      try {
        return await work(producer);
      } finally {
        await producer.disconnect();
      }
    },
  };
}
