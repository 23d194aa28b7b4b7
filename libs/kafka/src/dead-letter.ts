import { headerNames as h } from './headers';
import { type ConsumedRecord, type ProducedRecord } from './records';

export interface DeadLetterCause {
  /** A stable name to group and filter by. */
  reason: string;
  /** For a person: what was wrong, where, and what to do. */
  detail: string;
  stage: 'ingest' | 'mapper' | 'dispatcher';
  attempts: number;
  atMs: number;
}

/** The headers of a dead letter as they were before it was set aside, and where it has been. */
export function redrivenHeaders({
  topic,
  partition,
  offset,
  headers,
}: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset' | 'headers'>): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dead-letter-'));
  return { ...Object.fromEntries(own), [h.redriveOf]: `${topic}/${partition}/${offset}` };
}

/** Larger records cannot be written back to Kafka (TOPIC_MAX_MESSAGE_BYTES leaves room for this and the headers). */
const maxKeptBytes = 8 * 1024 * 1024;

/** The record as it came (bytes, key and headers), with why and from where it was set aside. */
export function deadLetter(
  topic: string,
  record: Pick<ConsumedRecord, 'key' | 'value' | 'headers'> &
    Partial<ConsumedRecord> & { /** The value is only the beginning of what came. */ isTruncated?: boolean },
  cause: DeadLetterCause,
): ProducedRecord {
  const source: Record<string, string> =
    record.topic === undefined
      ? {}
      : {
          [h.deadLetterTopic]: record.topic,
          [h.deadLetterPartition]: String(record.partition),
          [h.deadLetterOffset]: String(record.offset),
        };
  const value = record.value?.subarray(0, maxKeptBytes) ?? null;
  const isTruncated = record.isTruncated === true || value?.length !== record.value?.length;
  return {
    topic,
    key: record.key,
    value,
    headers: {
      ...record.headers,
      ...source,
      ...(isTruncated && { [h.deadLetterTruncated]: 'true' }),
      [h.deadLetterReason]: cause.reason,
      [h.deadLetterDetail]: cause.detail,
      [h.deadLetterStage]: cause.stage,
      [h.deadLetterAttempts]: String(cause.attempts),
      [h.deadLetterAtMs]: String(cause.atMs),
    },
  };
}
