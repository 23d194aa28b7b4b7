import { type Logger, traceHeaders } from '@app/platform';
import { headerNames as h } from './headers';
import { RecordsRejectedError } from './kafka-errors';
import { type RecordProducer } from './record-producer';
import { type ConsumedRecord, type ProducedRecord } from './records';

export interface DeadLetterCause {
  /** Stable reason code. */
  reason: string;
  /** For the operator: what was wrong, where, and what to do. */
  detail: string;
  stage: 'ingest' | 'mapper' | 'dispatcher';
  attempts: number;
  atMs: number;
}

/** The original headers of a dead letter, and its position in the dead-letter topic. */
export function redrivenHeaders({
  topic,
  partition,
  offset,
  headers,
}: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset' | 'headers'>): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('dead-letter-'));
  return { ...Object.fromEntries(own), [h.redriveOf]: `${topic}/${partition}/${offset}` };
}

/** Makes a dead letter: the original key, value and headers, with the reason and the source in headers. */
export function deadLetter(
  topic: string,
  record: Pick<ConsumedRecord, 'key' | 'value' | 'headers'> &
    Partial<ConsumedRecord> & {
      /** The value is only the beginning of the original. */ isTruncated?: boolean;
    },
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
      ...traceHeaders(record.headers, record.span),
      ...source,
      ...(record.isTruncated === true && { [h.deadLetterTruncated]: 'true' }),
      [h.deadLetterReason]: cause.reason,
      [h.deadLetterDetail]: cause.detail,
      [h.deadLetterStage]: cause.stage,
      [h.deadLetterAttempts]: String(cause.attempts),
      [h.deadLetterAtMs]: String(cause.atMs),
    },
  };
}

/** A smaller value is not truncated further: then the key or the headers are too large. */
const minKeptBytes = 1_024;

/**
 * Writes dead letters and receipts. A dead letter that the broker rejects as too large is truncated until it is accepted, and
 * marked as truncated. A rejected receipt is dropped and logged as an error, since nothing depends on it. Throws
 * `RecordsRejectedError` if a dead letter is rejected that cannot be truncated further.
 */
export async function writeOutcomes(
  producer: Pick<RecordProducer, 'send'>,
  records: readonly ProducedRecord[],
  logger: Logger,
): Promise<void> {
  try {
    await producer.send(records);
  } catch (error) {
    if (!(error instanceof RecordsRejectedError)) throw error;
    const cut = error.rejected.flatMap(({ record, reason }): ProducedRecord[] => {
      if (record.headers !== undefined && h.deadLetterReason in record.headers) {
        const rest = smaller(record);
        if (rest === undefined) throw error;
        return [rest];
      }
      logger.error(
        { topic: record.topic, reason, bytes: record.value?.length },
        'Kafka rejected a receipt; receipt dropped',
      );
      return [];
    });
    if (cut.length > 0) await writeOutcomes(producer, cut, logger);
  }
}

/** Halves the value, and finally removes the original headers and key. Undefined if nothing is left to remove. */
function smaller(record: ProducedRecord): ProducedRecord | undefined {
  const { value } = record;
  const bytes = typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0));
  const headers = { ...record.headers, [h.deadLetterTruncated]: 'true' };
  if (bytes.length > minKeptBytes) return { ...record, value: bytes.subarray(0, bytes.length / 2), headers };
  const own = Object.entries(headers).filter(([name]) => name.startsWith('dead-letter-'));
  if (record.key === null && own.length === Object.keys(headers).length) return undefined;
  return { ...record, key: null, value: bytes, headers: Object.fromEntries(own) };
}
