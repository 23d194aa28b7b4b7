import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type EventKind, type ExpectedEvent } from './expected-event';
import { type ExportRow } from './export-row';
import { type KnownEvent } from './known-event';

/** The columns of a row by which it is compared. */
export type ComparedRow = Pick<ExportRow, 'transactionId' | 'renewalNumber' | 'product'> & {
  /** Number of the row in the workspace. */
  seq: number;
  expected: ExpectedEvent[];
};

export type KnownDelivery = Omit<KnownEvent, 'transactionId'> & { isDelivered: boolean };

/** All that is known about one transaction id. */
export interface Transaction {
  /** More than one if the id has several renewal numbers. The newest version of each row. */
  rows: ComparedRow[];
  known: KnownDelivery[];
}

interface StoredRow {
  seq: number;
  transaction_id: string;
  renewal_number: number | null;
  product: string;
  expected: string;
}

interface StoredKnown {
  kind: EventKind;
  renewal_number: number | null;
  usd: number | null;
  is_delivered: number;
}

interface StoredMissing {
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
        updated_at_ms INTEGER NOT NULL, expected TEXT NOT NULL, row TEXT
      );
      CREATE TABLE known (
        transaction_id TEXT NOT NULL, kind TEXT NOT NULL, renewal_number INTEGER, usd REAL, is_delivered INTEGER NOT NULL
      );
      CREATE TABLE missing (at_ms INTEGER NOT NULL, body TEXT NOT NULL);
      BEGIN;
    `);
    this.insertRow = this.db.prepare('INSERT INTO rows VALUES (NULL, ?, ?, ?, ?, ?, ?)');
    this.insertKnown = this.db.prepare('INSERT INTO known VALUES (?, ?, ?, ?, ?)');
    this.insertMissing = this.db.prepare('INSERT INTO missing VALUES (?, ?)');
    this.selectRow = this.db.prepare('SELECT row FROM rows WHERE seq = ?');
  }

  /** Adds a row. With the same transaction id and renewal number, the last updated row counts, or else the last added. */
  addRow(row: ExportRow, expected: readonly ExpectedEvent[], { keep }: { keep: boolean }): void {
    this.insertRow.run(
      row.transactionId,
      row.renewalNumber ?? null,
      row.product,
      row.updatedAtMs ?? 0,
      JSON.stringify(expected),
      keep ? JSON.stringify(row) : null,
    );
  }

  addKnown({ transactionId, kind, renewalNumber, usd }: KnownEvent, isDelivered: boolean): void {
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
      `SELECT seq, transaction_id, renewal_number, product, expected FROM rows
       ORDER BY transaction_id, renewal_number, updated_at_ms, seq`,
    );
    const withKnown = (rows: ComparedRow[], id: string): Transaction => ({
      rows,
      known: (knownOf.all(id) as unknown as StoredKnown[]).map(fromStoredKnown),
    });
    let rows: ComparedRow[] = [];
    for (const stored of sorted.iterate() as unknown as Iterable<StoredRow>) {
      const row = fromStoredRow(stored);
      const last = rows.at(-1);
      if (last !== undefined && last.transactionId !== row.transactionId) {
        yield withKnown(rows, last.transactionId);
        rows = [row];
      } else if (last !== undefined && last.renewalNumber === row.renewalNumber) {
        rows[rows.length - 1] = row;
      } else rows.push(row);
    }
    const [first] = rows;
    if (first !== undefined) yield withKnown(rows, first.transactionId);
  }

  /** The row with this number, if it was kept. */
  row(seq: number): ExportRow | undefined {
    const row = this.selectRow.get(seq)?.['row'];
    return typeof row === 'string' ? (JSON.parse(row) as ExportRow) : undefined;
  }

  addMissing(atMs: number, body: string): void {
    this.insertMissing.run(atMs, body);
  }

  /** The bodies of the missing events in the order of their times. */
  *missing(): Generator<string> {
    const sorted = this.db.prepare('SELECT body FROM missing ORDER BY at_ms, rowid');
    for (const { body } of sorted.iterate() as unknown as Iterable<StoredMissing>) yield body;
  }

  close(): void {
    this.db.close();
  }
}

function fromStoredRow({ seq, transaction_id, renewal_number, product, expected }: StoredRow): ComparedRow {
  return {
    seq,
    transactionId: transaction_id,
    renewalNumber: renewal_number ?? undefined,
    product,
    expected: JSON.parse(expected) as ExpectedEvent[],
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
