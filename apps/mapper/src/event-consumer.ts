import { BatchConsumerStrategy, headerNames, type KafkaClient } from '@app/kafka';
import { type Logger, stopAndAlert } from '@app/platform';
import { type MapperConfig } from './mapper.config';

/** Maximum size of unacknowledged events, which all partitions share. */
const maxUnackedBytes = 2 * 1024 * 1024;

export function createEventConsumer(
  config: MapperConfig,
  kafka: KafkaClient,
  logger: Logger,
): BatchConsumerStrategy {
  return new BatchConsumerStrategy({
    kafka,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    groupOf: () => `${config.KAFKA_TOPIC_PREFIX}mapper`,
    isTraceDecided: ({ headers }) => headers[headerNames.source] === 'webhook',
    concurrentBatches: false,
    maxBatchRecords: config.MAPPER_BATCH_RECORDS,
    maxUnackedBytes: () => maxUnackedBytes,
    commitIntervalMs: 1_000,
    onFatal: (error) => stopAndAlert(logger, error),
    logger,
  });
}
