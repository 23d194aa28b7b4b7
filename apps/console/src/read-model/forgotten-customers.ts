import { customerHash } from '@app/identity';
import { type Database } from './database';

interface ForgottenIds {
  /** When the customer was forgotten, by the hash of each id. */
  times: Map<string, number>;
  latestMs: number;
}

/**
 * Customers who were forgotten, by the hashes of their ids. What was received before is not shown again, even if the read
 * model is rebuilt from a Kafka that still has it.
 */
export class ForgottenCustomers {
  private readonly projects = new Map<string, ForgottenIds>();

  constructor(private readonly db: Database) {
    this.reload();
  }

  /** Call it within a transaction. `Erasure` removes the rows that are already stored. */
  add(project: string, hashes: readonly string[], atMs: number): void {
    for (const hash of hashes) {
      this.db.run(
        `INSERT INTO forgotten VALUES (?, ?, ?, 0)
         ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms), is_erased = 0`,
        ...[project, hash, atMs],
      );
      this.remember(project, hash, atMs);
    }
  }

  /** Returns true if data received at this time has an id of a customer who was forgotten afterwards. */
  covers(project: string, ids: () => Iterable<string>, receivedAtMs: number): boolean {
    const known = this.projects.get(project);
    if (known === undefined || receivedAtMs > known.latestMs) return false;
    for (const id of ids()) {
      const atMs = known.times.get(customerHash(project, id));
      if (atMs !== undefined && receivedAtMs <= atMs) return true;
    }
    return false;
  }

  /** True if there is more to erase. */
  get isPending(): boolean {
    return this.db.get('SELECT 1 FROM forgotten WHERE is_erased = 0 LIMIT 1') !== undefined;
  }

  /** Call it after a rollback, or after rows were removed. */
  reload(): void {
    this.projects.clear();
    const rows = this.db.all<{ project: string; id_hash: string; at_ms: number }>('SELECT * FROM forgotten');
    for (const { project, id_hash, at_ms } of rows) this.remember(project, id_hash, at_ms);
  }

  private remember(project: string, hash: string, atMs: number): void {
    const known = this.projects.get(project) ?? { times: new Map<string, number>(), latestMs: 0 };
    known.times.set(hash, Math.max(atMs, known.times.get(hash) ?? 0));
    known.latestMs = Math.max(atMs, known.latestMs);
    this.projects.set(project, known);
  }
}
