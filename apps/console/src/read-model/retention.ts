import { type Database } from './database';
import { type ForgottenCustomers } from './forgotten-customers';
import { type Kinds } from './kinds';
import { removeEvent } from './remove-event';

export interface RetentionOptions {
  keepMs: number;
  keepDeadLettersMs: number;
  keepAuditMs: number;
  /** Maximum number of events, whatever their age. */
  keepEvents: number;
  /** Maximum size of everything together. Half of it is for dead letters. */
  keepBytes: number;
}

interface Stored {
  db: Database;
  kinds: Kinds;
  forgotten: ForgottenCustomers;
}

/** Rows removed in one transaction: some milliseconds, so that nobody waits for it. */
const rowsAtOnce = 500;
/** Rows removed in one transaction because of their size. */
const largeRowsAtOnce = 10;

/** Removes what is too old, and the oldest of what is too many or too large. */
export class Retention {
  constructor(
    private readonly stored: Stored,
    private readonly options: RetentionOptions,
  ) {}

  /** One step. True: there is more to remove. */
  step(nowMs: number): boolean {
    const { db } = this.stored;
    const removed = db.transaction(() => this.removeEvents(nowMs) + this.removeDeadLetters(nowMs));
    if (removed >= rowsAtOnce) return true;
    if (db.usedBytes > this.options.keepBytes) return db.transaction(() => this.removeLarge()) > 0;
    if (removed === 0) this.removeFew(nowMs);
    return false;
  }

  private removeEvents(nowMs: number): number {
    const { db } = this.stored;
    const { keepMs, keepEvents } = this.options;
    const { total } = db.get<{ total: number }>('SELECT count(*) AS total FROM events') ?? { total: 0 };
    const doomed = this.oldestEvents(rowsAtOnce).filter(
      ({ at_ms }, i) => at_ms < nowMs - keepMs || i < total - keepEvents,
    );
    for (const { seq } of doomed) removeEvent(db, seq);
    return doomed.length;
  }

  private oldestEvents(limit: number): { seq: number; at_ms: number }[] {
    return this.stored.db.all('SELECT seq, at_ms FROM events ORDER BY at_ms, seq LIMIT ?', limit);
  }

  private removeDeadLetters(nowMs: number): number {
    return this.stored.db.run(
      'DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE at_ms < ? ORDER BY at_ms LIMIT ?)',
      nowMs - this.options.keepDeadLettersMs,
      rowsAtOnce,
    );
  }

  private removeLarge(): number {
    const { db } = this.stored;
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

  /** What there is little of. */
  private removeFew(nowMs: number): void {
    const { db, kinds, forgotten } = this.stored;
    const { keepMs, keepDeadLettersMs, keepAuditMs } = this.options;
    const oldest = nowMs - keepMs;
    db.run('DELETE FROM flow WHERE at_ms < ?', oldest);
    db.run('DELETE FROM latency WHERE at_ms < ?', oldest);
    db.run('DELETE FROM skipped WHERE at_ms < ?', oldest);
    db.run('DELETE FROM redrives WHERE at_ms < ?', nowMs - keepDeadLettersMs);
    db.run('DELETE FROM audit WHERE at_ms < ?', nowMs - keepAuditMs);
    // Longer than anything is shown that was received before.
    const isRemoved = db.run(
      'DELETE FROM forgotten WHERE is_erased = 1 AND at_ms < ?',
      nowMs - Math.max(keepMs, keepDeadLettersMs),
    );
    if (isRemoved > 0) forgotten.reload();
    kinds.prune();
  }
}
