import {
  BatchConsumer,
  BatchConsumerStrategy,
  ConsumerLagReader,
  ExistingTopics,
  type KafkaClient,
  ReconciledMap,
  type TopicNames,
} from '@app/kafka';
import { type Logger } from '@app/platform';
import { DeliveriesTopics } from './deliveries-topics';
import { type ReadModel } from './read-model';

/** Interval at which deliveries topics of new projects are looked for. */
const deliveriesIntervalMs = 5_000;
/** Maximum size of records read but not yet stored: per shared topic, and for all deliveries topics together. */
const maxUnackedBytes = 4 * 1024 * 1024;

/** Pages may be a little late; a fetch and a transaction for every event would cost more than the event. */
const fetchPause = { minMs: 250, maxMs: 250 };

interface ConsumerPorts {
  kafka: KafkaClient;
  topics: TopicNames;
  /** Prefix of all topic and group names. */
  prefix: string;
  model: ReadModel;
  logger: Logger;
}

/** Every read model has its own groups, because it contains what it has read itself. */
export function consumerGroup(prefix: string, { db }: ReadModel, topic: string): string {
  return `${prefix}console-${db.id}.${topic}`;
}

/** The consumer of the shared topics. */
export function createSharedConsumer(ports: ConsumerPorts): BatchConsumerStrategy {
  const { prefix, model } = ports;
  return new BatchConsumerStrategy({
    ...consumerOptions(ports),
    topicPrefix: prefix,
    groupOf: (topic) => consumerGroup(prefix, model, topic),
    maxUnackedBytes: () => maxUnackedBytes,
    // Without Kafka, the pages show what was read before, so the process must not exit.
    joinsInBackground: true,
  });
}

/** A consumer for each deliveries topic that exists. */
export function createDeliveriesConsumers(ports: ConsumerPorts): ReconciledMap<BatchConsumer> {
  const { kafka, topics, prefix, model, logger } = ports;
  const deliveriesTopics = new DeliveriesTopics(
    topics,
    new ExistingTopics(kafka),
    new ConsumerLagReader(kafka),
    model.positions,
  );
  const consumers: ReconciledMap<BatchConsumer> = new ReconciledMap({
    wanted: () => deliveriesTopics.topicsToRead(),
    open: (topic) =>
      new BatchConsumer({
        ...consumerOptions(ports),
        topic,
        groupId: consumerGroup(prefix, model, topic),
        maxUnackedBytes: () => maxUnackedBytes / Math.max(1, [...consumers.entries()].length),
        handler: (batch) => model.applyBatch(batch),
      }),
    names: { keys: 'the deliveries topics', object: 'the consumer of a deliveries topic', field: 'topic' },
    intervalMs: deliveriesIntervalMs,
    logger,
  });
  return consumers;
}

function consumerOptions({ kafka, model, logger }: ConsumerPorts) {
  return {
    kafka,
    positionOf: model.positions.of,
    concurrentBatches: false,
    maxBatchRecords: 250,
    commitIntervalMs: 1_000,
    fetchPause,
    logger,
  };
}
