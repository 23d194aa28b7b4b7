import { type TopicConfig } from './kafka-config';

/** Names of the pipeline's topics. A prefix lets several pipelines share a cluster. */
export function topicNames(prefix = '') {
  return {
    events: `${prefix}revenuecat.events`,
    eventsDeadLetter: `${prefix}revenuecat.dead-letter`,
    /** Every project has its own deliveries topic: see {@link deliveriesTopic}. */
    deliveriesPrefix: `${prefix}statsig.deliveries.`,
    deliveriesDeadLetter: `${prefix}statsig.dead-letter`,
    receipts: `${prefix}statsig.receipts`,
    audit: `${prefix}console.audit`,
  } as const;
}

export type TopicNames = ReturnType<typeof topicNames>;

/** The topic that holds one project's deliveries, so that no project waits behind another. */
export function deliveriesTopic({ deliveriesPrefix }: TopicNames, projectId: string): string {
  return deliveriesPrefix + projectId;
}

/** The project whose deliveries a topic holds; undefined if it is not a deliveries topic. */
export function projectOfDeliveriesTopic(
  { deliveriesPrefix }: TopicNames,
  topic: string,
): string | undefined {
  return topic.startsWith(deliveriesPrefix) ? topic.slice(deliveriesPrefix.length) : undefined;
}

/** The consumer group that delivers a project's events. */
export function dispatcherGroup(prefix: string, projectId: string): string {
  return `${prefix}dispatcher.${projectId}`;
}

/** Beginning of the names of temporary groups that read a topic once. */
export function readerGroup(prefix: string): string {
  return `${prefix}read-`;
}

export interface TopicSpec {
  topic: string;
  partitions: number;
  replicationFactor: number;
  config: Record<string, string>;
  /** Partitions are added to a topic that has fewer: keys are assigned by the count in the spec, whatever the topic has. */
  growsToSpec?: true;
}

/** Audit records are read long after they were written. */
const auditRetentionMs = 365 * 86_400_000;
/** Space for the headers that a dead letter has in addition to those of its record. */
const deadLetterHeaderBytes = 1024 * 1024;

/** Specs of the topics that all projects share. */
export function topicSpecs(names: TopicNames, config: TopicConfig): TopicSpec[] {
  return [
    topicSpec(names.events, config, config.TOPIC_RETENTION),
    topicSpec(names.receipts, config, config.TOPIC_RETENTION),
    deadLetterSpec(names.eventsDeadLetter, config),
    deadLetterSpec(names.deliveriesDeadLetter, config),
    // One partition keeps the few records in order.
    { ...topicSpec(names.audit, config, auditRetentionMs), partitions: 1 },
  ];
}

/**
 * Spec of a project's deliveries topic.
 *
 * @param partitions partition count of the integration, by which keys are assigned to partitions
 */
export function deliveriesTopicSpec(
  names: TopicNames,
  config: TopicConfig,
  projectId: string,
  partitions: number,
): TopicSpec {
  const topic = deliveriesTopic(names, projectId);
  const spec = topicSpec(topic, config, config.TOPIC_DELIVERIES_RETENTION);
  return { ...spec, partitions, growsToSpec: true };
}

/** The partition count of a project's deliveries topic; undefined if the project is unknown. */
export type ProjectPartitionCount = (projectId: string) => number | undefined | Promise<number | undefined>;

/** The spec for creating a missing topic; undefined if the topic is not one of the pipeline's, or its project is unknown. */
export async function topicSpecOf(
  topic: string,
  names: TopicNames,
  config: TopicConfig,
  partitionCount: ProjectPartitionCount,
): Promise<TopicSpec | undefined> {
  const projectId = projectOfDeliveriesTopic(names, topic);
  if (projectId === undefined) return topicSpecs(names, config).find((spec) => spec.topic === topic);
  const partitions = await partitionCount(projectId);
  return partitions === undefined ? undefined : deliveriesTopicSpec(names, config, projectId, partitions);
}

function deadLetterSpec(topic: string, config: TopicConfig): TopicSpec {
  const spec = topicSpec(topic, config, config.TOPIC_DEAD_LETTER_RETENTION);
  const maxMessageBytes = config.TOPIC_MAX_MESSAGE_BYTES + deadLetterHeaderBytes;
  return { ...spec, config: { ...spec.config, 'max.message.bytes': String(maxMessageBytes) } };
}

function topicSpec(topic: string, config: TopicConfig, retentionMs: number): TopicSpec {
  return {
    topic,
    partitions: config.TOPIC_PARTITIONS,
    replicationFactor: config.TOPIC_REPLICATION_FACTOR,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'segment.ms': String(Math.min(config.TOPIC_SEGMENT_AGE, retentionMs)),
      'min.insync.replicas': String(config.TOPIC_MIN_INSYNC_REPLICAS),
      'max.message.bytes': String(config.TOPIC_MAX_MESSAGE_BYTES),
    },
  };
}
