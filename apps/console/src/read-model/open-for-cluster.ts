import { ConsumerLagReader, ensureTopics, type KafkaClient, type TopicNames, topicSpecs } from '@app/kafka';
import { type Logger, stopAndAlert } from '@app/platform';
import { type ConsoleConfig } from '../console.config';
import { openReadModel } from './open-read-model';
import { type ReadModel } from './read-model';

/** Maximum time that the start waits for Kafka. Without Kafka, the pages show what was read before. */
const kafkaAtStartMs = 10_000;
const retryMs = 5_000;

/** Waits for Kafka up to a limit, because the read model is valid for one Kafka cluster only. */
export function openForCluster(
  config: ConsoleConfig,
  kafka: KafkaClient,
  topics: TopicNames,
  logger: Logger,
): Promise<ReadModel> {
  const { events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit } = topics;
  const lag = new ConsumerLagReader(kafka);
  return openReadModel({
    file: config.CONSOLE_DATABASE,
    options: { topics, defaultProjectId: config.PROJECT_ID, logger },
    clusterState: async () => {
      await ensureTopics(
        kafka,
        topicSpecs(topics, config).filter(({ topic }) => topic === audit),
      );
      return lag.clusterState([events, eventsDeadLetter, receipts, deliveriesDeadLetter, audit]);
    },
    onMismatch: (problem) => stopAndAlert(logger, new Error(problem)),
    waitMs: kafkaAtStartMs,
    retryMs,
    logger,
  });
}
