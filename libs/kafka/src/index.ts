export { type ConsumedBatch } from './batch';
export { BatchConsumer } from './batch-consumer';
export { BatchConsumerStrategy, RethrowExceptionFilter } from './batch-consumer.strategy';
export {
  type BrokerDescription,
  ClusterInspector,
  type GroupDescription,
  type GroupPosition,
  type TopicDescription,
} from './cluster-inspector';
export { connectKafka, KafkaClient } from './connect';
export { deadLetter, redrivenHeaders, writeOutcomes } from './dead-letter';
export { type ClusterState, ConsumerLagReader, type GroupTopic } from './consumer-lag';
export { deleteTopic } from './delete-topic';
export { ensureTopics, type TopicsReport } from './ensure-topics';
export { ExistingTopics } from './existing-topics';
export { headerNames, replayHeaders } from './headers';
export { KAFKA_TOPICS, KafkaModule } from './kafka.module';
export { type GroupBacklog, KafkaMonitor, kafkaMonitor, type MonitoredGroup } from './kafka-monitor';
export { kafkaConfig, type TopicConfig, topicConfig } from './kafka-config';
export {
  isKafkaUnavailable,
  KafkaUnavailableError,
  NoLeaderError,
  RecordsRejectedError,
} from './kafka-errors';
export { OffsetTracker } from './offset-tracker';
export { PermissionDeniedError } from './permission-denied';
export { type KafkaOperation, type KafkaPermission, kafkaPermissions, type KafkaUser } from './permissions';
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
  topicSpecOf,
  type TopicSpec,
  topicSpecs,
} from './topics';
export { withAdmin } from './with-admin';
