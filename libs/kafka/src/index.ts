export { type ConsumedBatch } from './batch';
export { BatchConsumer } from './batch-consumer';
export { BatchConsumerStrategy, RethrowExceptionFilter } from './batch-consumer.strategy';
export { connectKafka, type KafkaClient } from './connect';
export { deadLetter, redrivenHeaders, writeOutcomes } from './dead-letter';
export { type ClusterState, ConsumerLagReader, type GroupTopic } from './consumer-lag';
export { deleteTopic } from './delete-topic';
export { ensureTopics, topicCreator, type TopicsReport } from './ensure-topics';
export { ExistingTopics } from './existing-topics';
export { headerNames, replayHeaders } from './headers';
export { KafkaMonitor, kafkaMonitor, type MonitoredGroup } from './kafka-monitor';
export { kafkaConfig, type TopicConfig, topicConfig } from './kafka-config';
export { isKafkaUnavailable, KafkaUnavailableError, RecordsRefusedError } from './kafka-errors';
export { OffsetTracker } from './offset-tracker';
export { partitionOf } from './partition-of';
export { readTopic } from './read-topic';
export { ReconciledMap, type Runner } from './reconciled-map';
export { RecordProducer } from './record-producer';
export { memorySizeOf, type ConsumedRecord, type ProducedRecord, sizeOf, textHeaders } from './records';
export { refreshOffsets } from './refresh-offsets';
export { redriveTarget, type RedriveContext } from './redrive-target';
export {
  deliveriesTopic,
  deliveriesTopicSpec,
  dispatcherGroup,
  projectOfDeliveriesTopic,
  topicNames,
  type TopicNames,
  type TopicSpec,
  topicSpecs,
} from './topics';
export { withAdmin } from './with-admin';
