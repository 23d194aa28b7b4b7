import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { CannotRunError } from '../exit-codes';
import { type EventKind, type Exclusion, type ExpectedEvent } from './expected-event';
import { type ExportRow } from './export-row';
import { type KnownTransaction } from './known-event';

/** The columns of a row by which it is compared. */
export type ComparedRow = Pick<
  ExportRow,
  'transactionId' | 'renewalNumber' | 'product' | 'store' | 'startedAtMs' | 'updatedAtMs'
> & {
  /** Number of the row in the workspace. */
  seq: number;
  /** Why it is not compared. */
  exclusion: Exclusion | undefined;
  /** What it has to have in Statsig in the period that is compared. */
  expected: ExpectedEvent[];
};

export type KnownDelivery = Omit<KnownTransaction, 'transactionId'> & { isDelivered: boolean };

/** All that is known about one transaction id. */
export interface Transaction {
  /** More than one if a store uses one id for several renewals. The newest version of each row. */
  rows: ComparedRow[];
  known: KnownDelivery[];
}

interface StoredRow {
  seq: number;
  transaction_id: string;
  renewal_number: number | null;
  product: string;
  store: string;
  started_at_ms: number;
  updated_at_ms: number;
  exclusion: Exclusion | null;
  expected: string;
}

interface StoredKnown {
  kind: EventKind;
  renewal_number: number | null;
  usd: number | null;
  is_delivered: number;
}

interface StoredMissing {
  listed: string;
  body: string;
}

/**
 * A temporary SQLite database that sorts what does not fit into memory. SQLite deletes its file when it opens it, so nothing
 * remains after a crash (https://sqlite.org/inmemorydb.html#temp_db).
 */
export class Workspace {
  private readonly db = new DatabaseSync('');
  private readonly insertRow: StatementSync;
  private readonly insertKnown: StatementSync;
  private readonly insertMissing: StatementSync;
  private readonly selectRow: StatementSync;

  constructor() {
    this.db.exec(`
      PRAGMA journal_mode = OFF;
      PRAGMA synchronous = OFF;
      PRAGMA temp_store = FILE;
      PRAGMA cache_size = -32768;
      CREATE TABLE rows (
        seq INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL, renewal_number INTEGER, product TEXT NOT NULL,
        store TEXT NOT NULL, started_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, exclusion TEXT,
        expected TEXT NOT NULL, row TEXT
      );
      CREATE TABLE known (
        transaction_id TEXT NOT NULL, kind TEXT NOT NULL, renewal_number INTEGER, usd REAL, is_delivered INTEGER NOT NULL
      );
      CREATE TABLE missing (at_ms INTEGER NOT NULL, listed TEXT NOT NULL, body TEXT NOT NULL);
      BEGIN;
    `);
    this.insertRow = this.db.prepare('INSERT INTO rows VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.insertKnown = this.db.prepare('INSERT INTO known VALUES (?, ?, ?, ?, ?)');
    this.insertMissing = this.db.prepare('INSERT INTO missing VALUES (?, ?, ?)');
    this.selectRow = this.db.prepare('SELECT row FROM rows WHERE seq = ?');
  }

  /**
   * Adds a row. Rows with the same transaction id, and with the same renewal number or the same start, are versions of one: the
   * last updated one counts, or else the last added. RevenueCat may renumber renewals.
   *
   * @param keep whether `row` has to return it
   */
  addRow(
    row: ExportRow,
    { exclusion, expected, keep }: Pick<ComparedRow, 'exclusion' | 'expected'> & { keep: boolean },
  ): void {
    this.insertRow.run(
      row.transactionId,
      row.renewalNumber ?? null,
      row.product,
      row.store,
      row.startedAtMs,
      row.updatedAtMs ?? 0,
      exclusion ?? null,
      JSON.stringify(expected),
      keep ? JSON.stringify(row) : null,
    );
  }

  addKnown({ transactionId, kind, renewalNumber, usd }: KnownTransaction, isDelivered: boolean): void {
    if (transactionId === undefined) return;
    this.insertKnown.run(transactionId, kind, renewalNumber ?? null, usd ?? null, isDelivered ? 1 : 0);
  }

  /** Returns every transaction id of the rows once, with what is known about it. */
  *transactions(): Generator<Transaction> {
    this.db.exec('CREATE INDEX known_by_transaction ON known (transaction_id)');
    const knownOf = this.db.prepare(
      'SELECT kind, renewal_number, usd, is_delivered FROM known WHERE transaction_id = ?',
    );
    const sorted = this.db.prepare(
      `SELECT seq, transaction_id, renewal_number, product, store, started_at_ms, updated_at_ms, exclusion, expected
       FROM rows ORDER BY transaction_id, updated_at_ms, seq`,
    );
    const withKnown = (id: string, versions: Versions): Transaction => ({
      rows: [...new Set(versions.values())],
      known: (knownOf.all(id) as unknown as StoredKnown[]).map(fromStoredKnown),
    });
    let id: string | undefined;
    let versions: Versions = new Map();
    for (const stored of sorted.iterate() as unknown as Iterable<StoredRow>) {
      const row = fromStoredRow(stored);
      if (id !== undefined && id !== row.transactionId) {
        yield withKnown(id, versions);
        versions = new Map();
      }
      id = row.transactionId;
      replaceOlder(versions, row);
    }
    if (id !== undefined) yield withKnown(id, versions);
  }

  /** The row with this number, if it was kept. */
  row(seq: number): ExportRow | undefined {
    const row = this.selectRow.get(seq)?.['row'];
    return typeof row === 'string' ? (JSON.parse(row) as ExportRow) : undefined;
  }

  /**
   * @param listed the event for an operator, as JSON
   * @param body the event for a backfill
   */
  addMissing(atMs: number, listed: string, body: string): void {
    this.insertMissing.run(atMs, listed, body);
  }

  /** The bodies of the missing events in the order of their times. */
  *missing(): Generator<string> {
    for (const { body } of this.sortedMissing()) yield body;
  }

  /** The same events for an operator, each as a line of JSON. */
  *missingLines(): Generator<string> {
    for (const { listed } of this.sortedMissing()) yield listed;
  }

  private sortedMissing(): Iterable<StoredMissing> {
    const sorted = this.db.prepare('SELECT listed, body FROM missing ORDER BY at_ms, rowid');
    return sorted.iterate() as unknown as Iterable<StoredMissing>;
  }

  close(): void {
    this.db.close();
  }
}

/** SQLITE_IOERR, SQLITE_FULL and SQLITE_CANTOPEN (https://sqlite.org/rescode.html). */
const storageErrors = new Set([10, 13, 14]);

/** Explains what to do if the disk is full. Returns any other error as it is. */
export function explainWorkspaceError(error: unknown): unknown {
  const { errcode, message } = error as { errcode?: number; message: string };
  // The lower eight bits are the primary result code.
  if (errcode === undefined || !storageErrors.has(errcode & 0xff)) return error;
  return new CannotRunError(
    `The temporary database cannot be written: ${message}. It needs about as much space as the uncompressed export: set TMPDIR to a folder that has it.`,
    { cause: error },
  );
}

/** The rows of one transaction id, each by its renewal number and by its start. */
type Versions = Map<string, ComparedRow>;

const keysOf = ({ renewalNumber, startedAtMs }: ComparedRow): string[] => [
  `renewal ${renewalNumber ?? ''}`,
  `start ${startedAtMs}`,
];

function replaceOlder(versions: Versions, row: ComparedRow): void {
  const older = keysOf(row).flatMap((key) => versions.get(key) ?? []);
  for (const key of older.flatMap(keysOf)) versions.delete(key);
  for (const key of keysOf(row)) versions.set(key, row);
}

function fromStoredRow(stored: StoredRow): ComparedRow {
  const { seq, product, store } = stored;
  return {
    ...{ seq, product, store, transactionId: stored.transaction_id },
    renewalNumber: stored.renewal_number ?? undefined,
    startedAtMs: stored.started_at_ms,
    updatedAtMs: stored.updated_at_ms,
    exclusion: stored.exclusion ?? undefined,
    expected: JSON.parse(stored.expected) as ExpectedEvent[],
  };
}

function fromStoredKnown({ kind, renewal_number, usd, is_delivered }: StoredKnown): KnownDelivery {
  return {
    kind,
    renewalNumber: renewal_number ?? undefined,
    usd: usd ?? undefined,
    isDelivered: is_delivered === 1,
  };
}
