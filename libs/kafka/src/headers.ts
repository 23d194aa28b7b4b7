/** Header names of the pipeline's records. Other producers need only the envelope; headers are trusted no more than it. */
export const headerNames = {
  eventId: 'event-id',
  projectId: 'project-id',
  receivedAtMs: 'received-at-ms',
  source: 'source',
  /** W3C Trace Context: https://www.w3.org/TR/trace-context/ */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Name of a replay that delivers events again, under new ids. */
  replay: 'replay-id',
  format: 'format',
  deadLetterReason: 'dead-letter-reason',
  deadLetterDetail: 'dead-letter-detail',
  deadLetterStage: 'dead-letter-stage',
  deadLetterTopic: 'dead-letter-topic',
  deadLetterPartition: 'dead-letter-partition',
  deadLetterOffset: 'dead-letter-offset',
  deadLetterAttempts: 'dead-letter-attempts',
  deadLetterAtMs: 'dead-letter-at-ms',
  /** Set if the value was too large and is truncated. */
  deadLetterTruncated: 'dead-letter-truncated',
  /** Set on a record without a value that replaces a batch too large to decompress: `<first offset>-<last offset>`. */
  oversizedBatch: 'oversized-batch',
  /** Set on a redriven record: `<topic>/<partition>/<offset>` of its dead letter. */
  redriveOf: 'redrive-of',
} as const;

/**
 * Headers of a copy of a record that a replay sends again. The copy does not count as a redrive, nor as part of an earlier
 * replay.
 *
 * @param replay name of a replay that delivers events again; undefined: events that were delivered are duplicates
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
