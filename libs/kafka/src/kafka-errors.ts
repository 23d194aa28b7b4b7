/** Kafka does not accept the records at present; some may have been written nevertheless. Send them again later. */
export class KafkaUnavailableError extends Error {
  override readonly name = 'KafkaUnavailableError';
}

/**
 * What kafkajs wraps. With its retries off, every passing error arrives as KafkaJSNumberOfRetriesExceeded, whose own
 * `retriable` is false whatever its cause was.
 */
export function rootCause(error: unknown): Error & { type?: string } {
  const cause =
    error instanceof Error && error.name === 'KafkaJSNumberOfRetriesExceeded' ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause ?? error));
}

/**
 * What has to happen after a produce request has failed.
 * - `refused`: the broker will never accept these records as they are.
 * - `missing_topic`: the topic, or a partition of it, does not exist.
 * - `retry`: kafkajs has refreshed its metadata; the same producer can go on.
 * - `replace`: the state of the producer cannot be relied on; make a new one.
 */
export type ProduceFailure = 'refused' | 'missing_topic' | 'retry' | 'replace';

const refusals = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);
const staleLeaders = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
]);

export function produceFailure({ name, type }: Error & { type?: string }): ProduceFailure {
  if (type !== undefined && refusals.has(type)) return 'refused';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || name === 'KafkaJSMetadataNotLoaded') return 'missing_topic';
  if (type !== undefined && staleLeaders.has(type)) return 'retry';
  return 'replace';
}
