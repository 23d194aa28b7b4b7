import { type ConsumedRecord } from '@app/kafka';
import { type Logger } from '@app/platform';
import { clampMs } from './limits';
import { type Database } from './database';
import { recordsSkipped } from './read-model.metrics';

/** The number of records of a topic that could not be stored, and the latest one. */
export interface SkippedRecords {
  topic: string;
  count: number;
  partition: number;
  offset: number;
  atMs: number;
  error: string;
}

const maxErrorLength = 500;

/** Records that the read model could not store and skipped. The Overview shows them. */
export class SkippedRecordStore {
  constructor(
    private readonly db: Database,
    private readonly logger: Logger,
  ) {}

  /** Call it in the transaction that moves the position past the record. */
  add({ topic, partition, offset, timestampMs }: ConsumedRecord, error: unknown): void {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, maxErrorLength);
    this.db.run(
      `INSERT INTO skipped VALUES (?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1,
         partition = excluded.partition, offset = excluded.offset, at_ms = excluded.at_ms, error = excluded.error`,
      ...[topic, partition, offset, clampMs(timestampMs), message.toWellFormed()],
    );
  }

  /** Call it after the transactions of a batch. Logs one line, however many records were skipped. */
  report(topic: string, skipped: readonly { record: ConsumedRecord; error: unknown }[]): void {
    const [first] = skipped;
    if (first === undefined) return;
    recordsSkipped.inc({ topic }, skipped.length);
    const { partition, offset } = first.record;
    this.logger.error(
      { err: first.error, topic, partition, offset, records: skipped.length },
      'failed to store records in the read model; skipped them',
    );
  }

  list(): SkippedRecords[] {
    return this.db.all<SkippedRecords>(
      'SELECT topic, count, partition, offset, at_ms AS atMs, error FROM skipped ORDER BY at_ms DESC',
    );
  }
}
