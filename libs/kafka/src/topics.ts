import { type TopicConfig } from './kafka-config';

/** Names of the pipeline's topics. A prefix lets several pipelines share a cluster. */
export function topicNames(prefix = '') {
  return {
    events: `${prefix}revenuecat.events`,
    deliveries: `${prefix}statsig.deliveries`,
    receipts: `${prefix}statsig.receipts`,
    eventsDeadLetter: `${prefix}revenuecat.events.dead-letter`,
    deliveriesDeadLetter: `${prefix}statsig.deliveries.dead-letter`,
    audit: `${prefix}console.audit`,
  } as const;
}

/** Where one project's deliveries wait while Statsig does not take them, so that no other project's wait behind them. */
export function parkedTopic({ deliveries }: TopicNames, projectId: string): string {
  return `${deliveries}.parked.${projectId}`;
}

export function isParkedTopic({ deliveries }: TopicNames, topic: string): boolean {
  return topic.startsWith(`${deliveries}.parked.`);
}

export type TopicNames = ReturnType<typeof topicNames>;

export interface TopicSpec {
  topic: string;
  partitions: number;
  replicationFactor: number;
  config: Record<string, string>;
}

/** Who changed what is asked about long after. */
const auditRetentionMs = 365 * 86_400_000;

/** What each topic is created with. Dead letters wait for a person, so they are kept longer. */
export function topicSpecs(names: TopicNames, config: TopicConfig): TopicSpec[] {
  const spec = (topic: string, retentionMs: number): TopicSpec => ({
    topic,
    partitions: config.TOPIC_PARTITIONS,
    replicationFactor: config.TOPIC_REPLICATION_FACTOR,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'min.insync.replicas': String(config.TOPIC_MIN_INSYNC_REPLICAS),
      'max.message.bytes': String(config.TOPIC_MAX_MESSAGE_BYTES),
    },
  });
  return [
    spec(names.events, config.TOPIC_RETENTION_MS),
    spec(names.deliveries, config.TOPIC_RETENTION_MS),
    spec(names.receipts, config.TOPIC_RETENTION_MS),
    spec(names.eventsDeadLetter, config.TOPIC_DEAD_LETTER_RETENTION_MS),
    spec(names.deliveriesDeadLetter, config.TOPIC_DEAD_LETTER_RETENTION_MS),
    // Few records: one partition keeps them in order.
    { ...spec(names.audit, auditRetentionMs), partitions: 1 },
  ];
}
