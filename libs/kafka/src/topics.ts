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

export interface TopicSettings {
  partitions: number;
  replicationFactor: number;
  minInsyncReplicas: number;
  retentionMs: number;
  /** Dead letters wait for a person, so they are kept longer. */
  deadLetterRetentionMs: number;
  maxMessageBytes: number;
}

export interface TopicSpec {
  topic: string;
  partitions: number;
  replicationFactor: number;
  config: Record<string, string>;
}

/** Who changed what is asked about long after. */
const auditRetentionMs = 365 * 86_400_000;

/** What each topic is created with. */
export function topicSpecs(names: TopicNames, settings: TopicSettings): TopicSpec[] {
  const spec = (topic: string, retentionMs: number): TopicSpec => ({
    topic,
    partitions: settings.partitions,
    replicationFactor: settings.replicationFactor,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'min.insync.replicas': String(settings.minInsyncReplicas),
      'max.message.bytes': String(settings.maxMessageBytes),
    },
  });
  return [
    spec(names.events, settings.retentionMs),
    spec(names.deliveries, settings.retentionMs),
    spec(names.receipts, settings.retentionMs),
    spec(names.eventsDeadLetter, settings.deadLetterRetentionMs),
    spec(names.deliveriesDeadLetter, settings.deadLetterRetentionMs),
    // Few records: one partition keeps them in order.
    { ...spec(names.audit, auditRetentionMs), partitions: 1 },
  ];
}
