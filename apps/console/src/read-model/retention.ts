import { type Database } from './database';
import { type ForgottenCustomers } from './forgotten-customers';
import { type EventKinds } from './event-kinds';
import { databaseBytes } from './read-model.metrics';
import { removeEvent } from './remove-event';

export interface RetentionOptions {
  keepMs: number;
  keepDeadLettersMs: number;
  keepAuditMs: number;
  /** Maximum number of events, regardless of their age. */
  keepEvents: number;
  /** Maximum total size. Dead letters may use half of it. */
  keepBytes: number;
}

interface Stores {
  db: Database;
  kinds: EventKinds;
  forgotten: ForgottenCustomers;
}

const dayMs = 86_400_000;
/** Maximum number of rows removed in one transaction, which takes a few milliseconds, so that requests do not wait long. */
const rowsAtOnce = 500;
/** Events are counted once for so many that are removed, because counting reads a whole index. */
const removedPerCount = 20 * rowsAtOnce;
/** Maximum number of rows removed in one transaction because of their size. */
const largeRowsAtOnce = 10;

/** Removes what has expired, and the oldest rows if there are too many or if they are too large. */
export class Retention {
  /** How many events must still be removed because there are too many, as of the last count. */
  private surplus = 0;

  constructor(
    private readonly stores: Stores,
    private readonly options: RetentionOptions,
  ) {}

  /** Runs one step. Returns true if there is more to remove. */
  step(nowMs: number): boolean {
    const { db } = this.stores;
    const removed = db.transaction(() => this.removeEvents(nowMs) + this.removeDeadLetters(nowMs));
    if (removed >= rowsAtOnce) return true;
    const { usedBytes } = db;
    databaseBytes.set(usedBytes);
    if (usedBytes > this.options.keepBytes) return db.transaction(() => this.removeLarge()) > 0;
    if (removed === 0) this.removeFew(nowMs);
    return false;
  }

  private removeEvents(nowMs: number): number {
    const { db } = this.stores;
    const { keepMs } = this.options;
    if (this.surplus === 0) this.surplus = this.countSurplus();
    const removable = this.oldestEvents(rowsAtOnce).filter(
      ({ at_ms }, i) => at_ms < nowMs - keepMs || i < this.surplus,
    );
    for (const { seq } of removable) removeEvent(db, seq);
    this.surplus = Math.max(0, this.surplus - removable.length);
    return removable.length;
  }

  private countSurplus(): number {
    const { total } = this.stores.db.get<{ total: number }>('SELECT count(*) AS total FROM events') ?? {
      total: 0,
    };
    return Math.min(Math.max(0, total - this.options.keepEvents), removedPerCount);
  }

  private oldestEvents(limit: number): { seq: number; at_ms: number }[] {
    return this.stores.db.all('SELECT seq, at_ms FROM events ORDER BY at_ms, seq LIMIT ?', limit);
  }

  private removeDeadLetters(nowMs: number): number {
    return this.stores.db.run(
      'DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE at_ms < ? ORDER BY at_ms LIMIT ?)',
      nowMs - this.options.keepDeadLettersMs,
      rowsAtOnce,
    );
  }

  private removeLarge(): number {
    const { db } = this.stores;
    const { bytes } = db.get<{ bytes: number }>(
      'SELECT coalesce(sum(bytes), 0) AS bytes FROM dead_letters',
    ) ?? { bytes: 0 };
    const events = bytes > this.options.keepBytes / 2 ? [] : this.oldestEvents(largeRowsAtOnce);
    for (const { seq } of events) removeEvent(db, seq);
    if (events.length > 0) return events.length;
    return db.run(
      'DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters ORDER BY at_ms LIMIT ?)',
      largeRowsAtOnce,
    );
  }

  /** Removes expired rows of the small tables. */
  private removeFew(nowMs: number): void {
    const { db, kinds, forgotten } = this.stores;
    const { keepMs, keepDeadLettersMs, keepAuditMs } = this.options;
    const oldest = nowMs - keepMs;
    db.run('DELETE FROM flow WHERE at_ms < ?', oldest);
    db.run('DELETE FROM latency WHERE at_ms < ?', oldest);
    db.run('DELETE FROM filtered WHERE day_ms < ?', oldest - dayMs);
    db.run('DELETE FROM skipped WHERE at_ms < ?', oldest);
    db.run('DELETE FROM redrives WHERE at_ms < ?', nowMs - keepDeadLettersMs);
    db.run('DELETE FROM audit WHERE at_ms < ?', nowMs - keepAuditMs);
    // Kept until everything that was received before has expired.
    const isRemoved = db.run(
      'DELETE FROM forgotten WHERE is_erased = 1 AND at_ms < ?',
      nowMs - Math.max(keepMs, keepDeadLettersMs),
    );
    if (isRemoved > 0) forgotten.reload();
    kinds.prune();
  }
}
