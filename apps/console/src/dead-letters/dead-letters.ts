import { Injectable } from '@nestjs/common';
import {
  type DeadLetterSource,
  type DeadLetterDetail,
  type DeadLetterGroup,
  type DeadLetterPage,
  type DeadLetterSummary,
} from '../../api/dead-letters';
import { explanationOf } from '../events/reason-explanation';
import { pageOf, parseCursor } from '../http/pagination';
import { ReadModel } from '../read-model/read-model';

/** Selects dead letters: one by id, those of a group, or all open ones if it is empty. */
export interface DeadLetterSelection {
  id?: number | undefined;
  source?: DeadLetterSource | undefined;
  stage?: string | undefined;
  reason?: string | undefined;
}

/** A dead letter with everything that is needed to redrive it. */
export interface StoredDeadLetter {
  id: number;
  source: DeadLetterSource;
  topic: string;
  partition: number;
  offset: number;
  project: string;
  key: Buffer | null;
  headers: Record<string, string>;
  value: Buffer;
}

interface Row {
  id: number;
  topic: string;
  partition: number;
  offset: number;
  is_open: number;
  source: DeadLetterSource;
  stage: string;
  reason: string;
  detail: string;
  attempts: number;
  at_ms: number;
  project: string | null;
  event_id: string | null;
  is_redrivable: number;
  redriven_at_ms: number | null;
  key: Uint8Array | null;
  headers: string;
  value: Uint8Array | null;
}

const summaryColumns =
  'id, source, stage, reason, detail, attempts, at_ms, project, event_id, is_open, is_redrivable, redriven_at_ms';
const selected =
  '(? IS NULL OR id = ?) AND (? IS NULL OR source = ?) AND (? IS NULL OR stage = ?) AND (? IS NULL OR reason = ?)';

/** The dead letters in the read model. */
@Injectable()
export class DeadLetters {
  constructor(private readonly model: ReadModel) {}

  groups(): DeadLetterGroup[] {
    return this.model.db
      .all<Omit<DeadLetterGroup, 'explanation'>>(
        `SELECT source, stage, reason, count(*) AS count, sum(is_redrivable) AS redrivable,
         min(at_ms) AS firstAtMs, max(at_ms) AS lastAtMs
       FROM dead_letters WHERE is_open = 1 GROUP BY source, stage, reason ORDER BY lastAtMs DESC`,
      )
      .map((group) => ({ ...group, explanation: explanationOf(group.reason) }));
  }

  get openCount(): number {
    return (
      this.model.db.get<{ count: number }>('SELECT count(*) AS count FROM dead_letters WHERE is_open = 1')
        ?.count ?? 0
    );
  }

  /** Returns dead letters of one group, newest first. */
  page(
    group: Pick<DeadLetterGroup, 'source' | 'stage' | 'reason'>,
    cursor: string | undefined,
    limit: number,
  ): DeadLetterPage {
    const after = parseCursor(cursor);
    const found = this.model.db.all<Row>(
      `SELECT ${summaryColumns} FROM dead_letters
       WHERE is_open = 1 AND source = ? AND stage = ? AND reason = ? AND (at_ms, id) < (?, ?)
       ORDER BY at_ms DESC, id DESC LIMIT ?`,
      ...[group.source, group.stage, group.reason, after.atMs, after.id, limit + 1],
    );
    const { rows, next } = pageOf(found, limit, ({ at_ms, id }) => ({ atMs: at_ms, id }));
    return { deadLetters: rows.map(summaryOf), next };
  }

  find(id: number): DeadLetterDetail | undefined {
    const row = this.model.db.get<Row>('SELECT * FROM dead_letters WHERE id = ?', id);
    if (row === undefined) return undefined;
    return {
      ...summaryOf(row),
      explanation: explanationOf(row.reason),
      topic: row.topic,
      partition: row.partition,
      offset: row.offset,
      key: row.key === null ? null : Buffer.from(row.key).toString(),
      headers: JSON.parse(row.headers) as Record<string, string>,
      value: row.value === null ? null : Buffer.from(row.value).toString(),
    };
  }

  countRedrivable(selection: DeadLetterSelection): number {
    return (
      this.model.db.get<{ count: number }>(
        `SELECT count(*) AS count FROM dead_letters WHERE is_open = 1 AND is_redrivable = 1 AND ${selected}`,
        ...parametersOf(selection),
      )?.count ?? 0
    );
  }

  /**
   * Returns dead letters that can be redriven, oldest first, so that a customer's events keep their order.
   *
   * @param maxBytes maximum total size; the first dead letter is returned regardless of its size
   */
  redrivable(
    selection: DeadLetterSelection,
    afterId: number,
    maxRecords: number,
    maxBytes: number,
  ): StoredDeadLetter[] {
    const found = this.model.db.all<{ id: number; bytes: number }>(
      `SELECT id, bytes FROM dead_letters
       WHERE is_open = 1 AND is_redrivable = 1 AND id > ? AND ${selected} ORDER BY id LIMIT ?`,
      ...[afterId, ...parametersOf(selection), maxRecords],
    );
    let bytes = 0;
    const beyond = found.findIndex((letter, i) => (bytes += letter.bytes) > maxBytes && i > 0);
    return found
      .slice(0, beyond === -1 ? found.length : beyond)
      .map(({ id }) => this.stored(id))
      .filter((record) => record !== undefined);
  }

  private stored(id: number): StoredDeadLetter | undefined {
    const row = this.model.db.get<
      Omit<StoredDeadLetter, 'key' | 'headers' | 'value'> & {
        key: Uint8Array | null;
        headers: string;
        value: Uint8Array;
      }
    >(
      'SELECT id, source, topic, partition, offset, project, key, headers, value FROM dead_letters WHERE id = ?',
      id,
    );
    if (row === undefined) return undefined;
    return {
      ...row,
      key: row.key === null ? null : asBuffer(row.key),
      headers: JSON.parse(row.headers) as Record<string, string>,
      value: asBuffer(row.value),
    };
  }
}

/** Returns a buffer that shares the memory. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function parametersOf({ id, source, stage, reason }: DeadLetterSelection): (string | number | null)[] {
  return [id, source, stage, reason].flatMap((value) => [value ?? null, value ?? null]);
}

function summaryOf(row: Row): DeadLetterSummary {
  return {
    id: row.id,
    source: row.source,
    stage: row.stage,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    atMs: row.at_ms,
    project: row.project,
    eventId: row.event_id,
    isOpen: row.is_open === 1,
    isRedrivable: row.is_redrivable === 1,
    redrivenAtMs: row.redriven_at_ms,
  };
}
