import { type ProducedRecord } from './records';

/** Kafka is unavailable. Records may have been written nevertheless; send them again later. */
export class KafkaUnavailableError extends Error {
  override readonly name: string = 'KafkaUnavailableError';
}

/** A broker responded, but a partition of the topic has no leader, so nothing can be written to the topic. */
export class NoLeaderError extends KafkaUnavailableError {
  override readonly name = 'NoLeaderError';
  readonly retriable = true;

  constructor(topic: string, cause?: Error) {
    super(`Not every partition of ${topic} has a leader.`, { cause });
  }
}

/** The broker permanently rejected these records. All other records of the call were acknowledged. */
export class RecordsRejectedError extends Error {
  override readonly name = 'RecordsRejectedError';

  constructor(readonly rejected: readonly RejectedRecord[]) {
    super(`Kafka rejected ${rejected.length} records: ${rejected[0]?.reason ?? 'unknown'}.`);
  }
}

export interface RejectedRecord {
  record: ProducedRecord;
  reason: 'too_large';
}

/** Whether an error was caused by Kafka or the connection to it. */
export function isKafkaUnavailable(error: unknown): boolean {
  return (
    error instanceof KafkaUnavailableError || (error instanceof Error && error.name.startsWith('KafkaJS'))
  );
}

/**
 * Unwraps an error of kafkajs. With its retries off, every temporary error is a KafkaJSNumberOfRetriesExceeded, whose own
 * `retriable` is always false.
 */
export function rootCause(error: unknown): Error & { type?: string } {
  if (!(error instanceof Error)) return new Error(String(error));
  const cause = wrappedError(error);
  return cause instanceof Error ? rootCause(cause) : error;
}

const wrappers = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSNonRetriableError',
  'PermissionDeniedError',
]);

/** An error of several topics or groups contains one error for each; all requests here are for one. */
function wrappedError(error: Error & { errors?: unknown[]; groups?: { error?: unknown }[] }): unknown {
  if (wrappers.has(error.name)) return error.cause;
  if (error.name === 'KafkaJSAggregateError') return error.errors?.[0];
  if (error.name === 'KafkaJSDeleteGroupsError') return error.groups?.[0]?.error;
  return undefined;
}

/**
 * What to do after a failed produce request.
 * - `rejected`: the broker will never accept these records as they are.
 * - `missing_topic`: the topic, or a partition of it, does not exist.
 * - `retry`: kafkajs has refreshed its metadata; retry with the same producer.
 * - `replace`: the state of the producer is unreliable; replace it.
 */
export type ProduceFailure = 'rejected' | 'missing_topic' | 'retry' | 'replace';

/**
 * Only the size is a property of the record itself: other rejections (timestamp, missing key) depend on the clock or the
 * topic.
 */
const rejections = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const staleLeaders = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
]);

export function produceFailure({ name, type }: Error & { type?: string }): ProduceFailure {
  if (type !== undefined && rejections.has(type)) return 'rejected';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || name === 'KafkaJSMetadataNotLoaded') return 'missing_topic';
  if (type !== undefined && staleLeaders.has(type)) return 'retry';
  return 'replace';
}

/** The causes of failed produce requests, for metrics. */
export type ProduceFailureCause =
  | 'too_large'
  | 'missing_topic'
  | 'not_enough_replicas'
  | 'no_leader'
  | 'unauthorized'
  | 'missing_acknowledgement'
  | 'connection';

export function produceFailureCause(error: Error & { type?: string }): ProduceFailureCause {
  const { name, type = '' } = error;
  if (type.startsWith('NOT_ENOUGH_REPLICAS')) return 'not_enough_replicas';
  if (type.endsWith('_AUTHORIZATION_FAILED')) return 'unauthorized';
  if (name === 'MissingAcknowledgementError') return 'missing_acknowledgement';
  const failure = produceFailure(error);
  switch (failure) {
    case 'rejected':
      return 'too_large';
    case 'missing_topic':
      return 'missing_topic';
    case 'retry':
      return 'no_leader';
    case 'replace':
      return 'connection';
  }
}
