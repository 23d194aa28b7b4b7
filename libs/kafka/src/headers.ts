/** Header names of the pipeline's records. Only the envelope is required of other producers; headers are never trusted more than it. */
export const headerNames = {
  eventId: 'event-id',
  projectId: 'project-id',
  receivedAtMs: 'received-at-ms',
  source: 'source',
  traceparent: 'traceparent',
  /** Names a replay whose events are delivered again, under ids of their own. */
  replay: 'replay-again',
  format: 'format',
  deadLetterReason: 'dead-letter-reason',
  deadLetterDetail: 'dead-letter-detail',
  deadLetterStage: 'dead-letter-stage',
  deadLetterTopic: 'dead-letter-topic',
  deadLetterPartition: 'dead-letter-partition',
  deadLetterOffset: 'dead-letter-offset',
  deadLetterAttempts: 'dead-letter-attempts',
  deadLetterAtMs: 'dead-letter-at-ms',
  /** The value was too large to keep whole. */
  deadLetterTruncated: 'dead-letter-truncated',
  /** On what was taken out of a dead-letter topic: `<topic>/<partition>/<offset>` of the dead letter. */
  redriveOf: 'redrive-of',
} as const;
