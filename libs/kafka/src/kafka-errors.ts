import { type ProducedRecord } from './records';

/** Kafka cannot be used at present. Records may have been written nevertheless; send them again later. */
export class KafkaUnavailableError extends Error {
  override readonly name = 'KafkaUnavailableError';
}

/** The broker refused these records for good; all others of the call were acknowledged. */
export class RecordsRefusedError extends Error {
  override readonly name = 'RecordsRefusedError';

  constructor(readonly refused: readonly RefusedRecord[]) {
    super(`Kafka refused ${refused.length} records: ${refused[0]?.reason ?? 'unknown'}.`);
  }
}

export interface RefusedRecord {
  record: ProducedRecord;
  reason: 'too_large';
}

/** Whether Kafka, or the connection to it, is why something failed. */
export function isKafkaUnavailable(error: unknown): boolean {
  return (
    error instanceof KafkaUnavailableError || (error instanceof Error && error.name.startsWith('KafkaJS'))
  );
}

/**
 * What kafkajs wraps. With its retries off, every passing error arrives as KafkaJSNumberOfRetriesExceeded, whose own
 * `retriable` is false whatever its cause was.
 */
export function rootCause(error: unknown): Error & { type?: string } {
  if (!(error instanceof Error)) return new Error(String(error));
  return wrappers.has(error.name) && error.cause instanceof Error ? rootCause(error.cause) : error;
}

const wrappers = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSNonRetriableError']);

/**
 * What has to happen after a produce request has failed.
 * - `refused`: the broker will never accept these records as they are.
 * - `missing_topic`: the topic, or a partition of it, does not exist.
 * - `retry`: kafkajs has refreshed its metadata; the same producer can go on.
 * - `replace`: the state of the producer cannot be relied on; make a new one.
 */
export type ProduceFailure = 'refused' | 'missing_topic' | 'retry' | 'replace';

/** Size alone is a record's own: a time stamp, or a missing key, is refused for what the clock or the topic is set to. */
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
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
