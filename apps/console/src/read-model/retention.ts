import { parseEnvelope } from '@app/revenuecat';
import { type Database } from './database';
import { idsOf } from './take-events';

export interface RetentionOptions {
  keepMs: number;
  keepDeadLettersMs: number;
  keepAuditMs: number;
  /** Most events, whatever their age: what bounds the disk. */
  keepEvents: number;
}

/** Rows removed in one transaction: some milliseconds, so that nobody waits for it. */
const rowsAtOnce = 500;

/** Removes what is too old, and the oldest of what is too many. */
export class Retention {
  constructor(
    private readonly db: Database,
    private readonly options: RetentionOptions,
  ) {}

  /** One step. True: there is more to remove. */
  step(nowMs: number): boolean {
    const removed = this.db.transaction(() => this.removeEvents(nowMs) + this.removeDeadLetters(nowMs));
    if (removed === 0) this.removeFew(nowMs);
    return removed >= rowsAtOnce;
  }

  private removeEvents(nowMs: number): number {
    const { keepMs, keepEvents } = this.options;
    const { total } = this.db.get<{ total: number }>('SELECT count(*) AS total FROM events') ?? { total: 0 };
    const oldest = this.db.all<{ seq: number; project: string; at_ms: number }>(
      'SELECT seq, project, at_ms FROM events ORDER BY at_ms, seq LIMIT ?',
      rowsAtOnce,
    );
    const doomed = oldest.filter(({ at_ms }, i) => at_ms < nowMs - keepMs || i < total - keepEvents);
    for (const { seq, project } of doomed) {
      for (const id of this.idsOf(seq)) {
        this.db.run('DELETE FROM mentions WHERE id = ? AND project = ? AND event_seq = ?', id, project, seq);
      }
      this.db.run('DELETE FROM bodies WHERE seq = ?', seq);
      this.db.run('DELETE FROM deliveries WHERE event_seq = ?', seq);
      this.db.run('DELETE FROM receipts WHERE event_seq = ?', seq);
      this.db.run('DELETE FROM events WHERE seq = ?', seq);
    }
    return doomed.length;
  }

  private idsOf(seq: number): string[] {
    const body = this.db.get<{ value: Uint8Array }>('SELECT value FROM bodies WHERE seq = ?', seq);
    const parsed = body === undefined ? undefined : parseEnvelope(body.value);
    return parsed?.kind === 'envelope' ? idsOf(parsed.envelope.event) : [];
  }

  private removeDeadLetters(nowMs: number): number {
    return this.db.run(
      'DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE at_ms < ? ORDER BY at_ms LIMIT ?)',
      nowMs - this.options.keepDeadLettersMs,
      rowsAtOnce,
    );
  }

  /** What there is little of. */
  private removeFew(nowMs: number): void {
    const oldest = nowMs - this.options.keepMs;
    this.db.run('DELETE FROM flow WHERE at_ms < ?', oldest);
    this.db.run('DELETE FROM latency WHERE at_ms < ?', oldest);
    this.db.run('DELETE FROM redrives WHERE at_ms < ?', nowMs - this.options.keepDeadLettersMs);
    this.db.run('DELETE FROM audit WHERE at_ms < ?', nowMs - this.options.keepAuditMs);
  }
}
