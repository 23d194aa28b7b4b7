import { connectKafka, kafkaConfig, RecordProducer, type TopicNames, topicNames } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { z } from 'zod';

export interface PipelineKafka {
  kafka: ReturnType<typeof connectKafka>;
  topics: TopicNames;
  /** Connects a producer for as long as the work lasts. */
  producing: <T>(work: (producer: RecordProducer) => Promise<T>) => Promise<T>;
}

/** The pipeline's Kafka, as the environment names it. */
export function pipelineKafka(): PipelineKafka {
  const config = readConfig(z.object(kafkaConfig));
  const logger = createLogger('cli', 'error');
  const kafka = connectKafka(config, 'cli', logger);
  return {
    kafka,
    topics: topicNames(config.KAFKA_TOPIC_PREFIX),
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
