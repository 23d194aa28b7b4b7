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

/** The record as it came (bytes, key and headers), with why and from where it was set aside. */
export function deadLetter(
  topic: string,
  record: Pick<ConsumedRecord, 'key' | 'value' | 'headers'> & Partial<ConsumedRecord>,
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
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      ...source,
      [h.deadLetterReason]: cause.reason,
      [h.deadLetterDetail]: cause.detail,
      [h.deadLetterStage]: cause.stage,
      [h.deadLetterAttempts]: String(cause.attempts),
      [h.deadLetterAtMs]: String(cause.atMs),
    },
  };
}
