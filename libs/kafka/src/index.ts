export { type BatchHandler, type ConsumedBatch } from './batch';
export { BatchConsumer, type BatchConsumerOptions } from './batch-consumer';
export { BatchConsumerStrategy, PassErrorsOn } from './batch-consumer.strategy';
export { connectKafka } from './connect';
export { type ClusterState, ConsumerLagReader, type GroupTopic } from './consumer-lag';
export { deadLetter, type DeadLetterCause, redrivenHeaders } from './dead-letter';
export { ensureTopics, type TopicsReport } from './ensure-topics';
export { headerNames } from './headers';
export { type KafkaConfig, kafkaConfig, type TopicConfig, topicConfig } from './kafka-config';
export { readTopic } from './read-topic';
export { KafkaUnavailableError, RecordProducer } from './record-producer';
export { bytesInHand, type ConsumedRecord, type ProducedRecord } from './records';
export {
  deliveriesTopic,
  deliveriesTopicSpec,
  projectOfDeliveriesTopic,
  topicNames,
  type TopicNames,
  type TopicSpec,
  topicSpecs,
} from './topics';
