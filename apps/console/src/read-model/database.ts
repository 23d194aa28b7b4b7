import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { schema, schemaVersion } from './schema';

export type Row = Record<string, string | number | Uint8Array | null>;

/** The database file of the read model. Prepares each statement once. Only one process may write to it. */
export class Database {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  /** Identifies this read model. A read model that is rebuilt has a new id. */
  readonly id: string;

  /** @param file path, or `:memory:` */
  constructor(readonly file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    this.db = this.open();
    if (this.storedVersion() !== String(schemaVersion)) {
      this.db.close();
      removeFiles(file);
      this.db = this.open();
      this.db.exec(schema);
      this.setMeta('schema', String(schemaVersion));
      this.setMeta('id', randomUUID());
    }
    this.id = this.meta('id') ?? '';
  }

  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.prepared(sql).all(...values) as T[];
  }

  // The row type depends on the SQL text, so only the caller knows it.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.prepared(sql).get(...values) as T | undefined;
  }

  /** Returns the number of changed rows. Throws for an integer that could be stored but not read again. */
  run(sql: string, ...values: SQLInputValue[]): number {
    for (const value of values) {
      if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
        throw new RangeError(`${value} is not a safe integer`);
    }
    return Number(this.prepared(sql).run(...values).changes);
  }

  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      // After some errors, SQLite has rolled back already.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  meta(name: string): string | undefined {
    return this.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', name)?.value;
  }

  setMeta(name: string, value: string): void {
    this.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value);
  }

  /** Bytes in use, without free pages. */
  get usedBytes(): number {
    const { pages, free, size } = this.get<{ pages: number; free: number; size: number }>(
      `SELECT page_count AS pages, freelist_count AS free, page_size AS size
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    ) ?? { pages: 0, free: 0, size: 0 };
    return (pages - free) * size;
  }

  /** Empties the write-ahead log, so that deleted data is in neither file. */
  checkpoint(): void {
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  get isOpen(): boolean {
    return this.db.isOpen;
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  private open(): DatabaseSync {
    const db = new DatabaseSync(this.file);
    // Transactions that a power failure removes from the log are read from Kafka again, because they contain the positions.
    // A checkpoint writes each changed page once, so fewer checkpoints (every 32 MiB instead of 4) write less.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA secure_delete = ON;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -16384;
      PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = 8192;
      PRAGMA journal_size_limit = 67108864;
    `);
    return db;
  }

  private storedVersion(): string | undefined {
    const hasMeta = this.db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'meta'`).get() !== undefined;
    if (!hasMeta) return undefined;
    const row = this.db.prepare(`SELECT value FROM meta WHERE name = 'schema'`).get();
    return typeof row?.['value'] === 'string' ? row['value'] : undefined;
  }
}

/** Primary result codes of SQLite that concern the file, the disk or the memory: https://sqlite.org/rescode.html */
const unavailable = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 22, 23, 26]);

/** Returns true if the database cannot be written at present. Any other error is caused by the data. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code === 'ERR_INVALID_STATE') return true;
  return code === 'ERR_SQLITE_ERROR' && errcode !== undefined && unavailable.has(errcode & 0xff);
}

/** Deletes the read model. */
export function removeFiles(file: string): void {
  if (file === ':memory:') return;
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}
