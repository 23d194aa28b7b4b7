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
  /** On a record without a value that stands for a batch which was too large to be unpacked: `<first offset>-<last offset>`. */
  oversizedBatch: 'oversized-batch',
  /** On what was taken out of a dead-letter topic: `<topic>/<partition>/<offset>` of the dead letter. */
  redriveOf: 'redrive-of',
} as const;

/**
 * Headers of a copy of a record that is sent again. The copy is neither the one that was taken out of a dead-letter topic nor
 * part of an earlier replay.
 *
 * @param replay names a replay whose events are delivered again; undefined: what was delivered is a duplicate
 */
export function replayHeaders(
  headers: Readonly<Record<string, string>>,
  replay: string | undefined,
): Record<string, string> {
  const own = Object.entries(headers).filter(
    ([name]) => name !== headerNames.redriveOf && name !== headerNames.replay,
  );
  return {
    ...Object.fromEntries(own),
    [headerNames.source]: 'replay',
    ...(replay !== undefined && { [headerNames.replay]: replay }),
  };
}
