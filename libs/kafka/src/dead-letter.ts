import { type Logger } from '@app/platform';
import { headerNames as h } from './headers';
import { RecordsRefusedError } from './kafka-errors';
import { type RecordProducer } from './record-producer';
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
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
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

/** Less than this is not worth cutting: what is too large then are the key or the headers. */
const minKeptBytes = 1_024;

/**
 * Writes dead letters and receipts. A dead letter that the broker refuses as too large is cut until it is accepted, and says
 * so; a receipt that it refuses is dropped with an error in the log, since nothing depends on it. Throws
 * `RecordsRefusedError` if a dead letter is refused of which nothing is left to cut.
 */
export async function writeOutcomes(
  producer: Pick<RecordProducer, 'send'>,
  records: readonly ProducedRecord[],
  logger: Logger,
): Promise<void> {
  try {
    await producer.send(records);
  } catch (error) {
    if (!(error instanceof RecordsRefusedError)) throw error;
    const cut = error.refused.flatMap(({ record, reason }): ProducedRecord[] => {
      if (record.headers !== undefined && h.deadLetterReason in record.headers) {
        const rest = smaller(record);
        if (rest === undefined) throw error;
        return [rest];
      }
      logger.error(
        { topic: record.topic, reason, bytes: record.value?.length },
        'Kafka refused a receipt; dropped it',
      );
      return [];
    });
    if (cut.length > 0) await writeOutcomes(producer, cut, logger);
  }
}

/** Half of the value; then without the headers and the key that came with the record; undefined if nothing is left to cut. */
function smaller(record: ProducedRecord): ProducedRecord | undefined {
  const { value } = record;
  const bytes = typeof value === 'string' ? Buffer.from(value) : (value ?? Buffer.alloc(0));
  const headers = { ...record.headers, [h.deadLetterTruncated]: 'true' };
  if (bytes.length > minKeptBytes) return { ...record, value: bytes.subarray(0, bytes.length / 2), headers };
  const own = Object.entries(headers).filter(([name]) => name.startsWith('dead-letter-'));
  if (record.key === null && own.length === Object.keys(headers).length) return undefined;
  return { ...record, key: null, value: bytes, headers: Object.fromEntries(own) };
}
