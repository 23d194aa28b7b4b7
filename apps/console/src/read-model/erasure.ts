import { type DeadLetterSource } from '../../api/dead-letters';
import { type Database } from './database';
import { type ForgottenCustomers } from './forgotten-customers';
import { idsIn } from './customer-ids';
import { removeEvent } from './remove-event';
import { isOfForgottenCustomer } from './apply-dead-letters';

/** Limits of one step, which takes a few milliseconds, so that requests do not wait long. */
const idsAtOnce = 2_000;
const eventsAtOnce = 20;
/** Maximum number of bytes of bodies read in one step. The last body is read completely. */
const bytesAtOnce = 256 * 1024;
/** Size that a row counts for, in addition to its bodies. */
const rowBytes = 1024;

interface Progress {
  /** Erased in this run. Customers that are added during the run need another one. */
  due: { project: string; id_hash: string; at_ms: number }[];
  phase: 'mentions' | 'bodies' | 'dead letters';
  /** The last id that was checked. */
  id: string;
  project: string;
  /** The last row that was checked: of the events of this id, of all events, or of dead letters. */
  number: number;
}

interface DeadLetterRow {
  id: number;
  project: string;
  source: DeadLetterSource;
  atMs: number;
  key: Uint8Array | null;
  headers: string;
  value: Uint8Array | null;
}

/** Erases forgotten customers, in steps. The database overwrites deleted bytes. */
export class Erasure {
  private progress: Progress | undefined;

  constructor(
    private readonly db: Database,
    private readonly forgotten: ForgottenCustomers,
  ) {}

  /** Runs one step. Returns true if there is more to erase. Can be called again after a failure. */
  step(): boolean {
    this.progress ??= this.begin();
    const { progress } = this;
    if (progress === undefined) return false;
    try {
      this.db.transaction(() => {
        this.advance(progress);
      });
    } catch (error) {
      // Starts from the beginning, because the rollback restored the removed rows.
      this.progress = undefined;
      throw error;
    }
    if (this.progress !== undefined) return true;
    this.db.checkpoint();
    return this.forgotten.isPending;
  }

  private begin(): Progress | undefined {
    if (!this.forgotten.isPending) return undefined;
    const due = this.db.all<Progress['due'][number]>(
      'SELECT project, id_hash, at_ms FROM forgotten WHERE is_erased = 0',
    );
    return { due, phase: 'mentions', id: '', project: '', number: 0 };
  }

  private advance(progress: Progress): void {
    switch (progress.phase) {
      case 'mentions':
        if (this.eraseMentioned(progress)) return;
        progress.phase = 'bodies';
        progress.number = 0;
        return;
      case 'bodies':
        if (this.eraseByBodies(progress)) return;
        progress.phase = 'dead letters';
        progress.number = 0;
        return;
      case 'dead letters':
        if (this.eraseDeadLetters(progress)) return;
        for (const { project, id_hash, at_ms } of progress.due) {
          this.db.run(
            'UPDATE forgotten SET is_erased = 1 WHERE project = ? AND id_hash = ? AND at_ms = ?',
            ...[project, id_hash, at_ms],
          );
        }
        this.progress = undefined;
    }
  }

  /** Erases events by their mentioned ids, with one index lookup per distinct id. Returns false if there are no more. */
  private eraseMentioned(progress: Progress): boolean {
    for (let checked = 0; checked < idsAtOnce; checked += 1) {
      if (progress.number > 0 || this.isForgotten(progress)) {
        if (this.eraseMentioning(progress)) return true;
        progress.number = 0;
      }
      const next = this.db.get<{ id: string; project: string }>(
        'SELECT id, project FROM mentions WHERE (id, project) > (?, ?) ORDER BY id, project LIMIT 1',
        ...[progress.id, progress.project],
      );
      if (next === undefined) return false;
      Object.assign(progress, next);
    }
    return true;
  }

  private isForgotten({ project, id }: Progress): boolean {
    return this.forgotten.covers(project, () => [id], 0);
  }

  /** Returns false if there are no more. */
  private eraseMentioning(progress: Progress): boolean {
    const { id, project, number } = progress;
    const events = this.db.all<{ seq: number; at_ms: number }>(
      `SELECT m.event_seq AS seq, e.at_ms FROM mentions m JOIN events e ON e.seq = m.event_seq
       WHERE m.id = ? AND m.project = ? AND m.event_seq > ? ORDER BY m.event_seq LIMIT ?`,
      ...[id, project, number, eventsAtOnce],
    );
    for (const { seq, at_ms } of events) {
      if (this.forgotten.covers(project, () => [id], at_ms)) removeEvent(this.db, seq);
      progress.number = seq;
    }
    return events.length === eventsAtOnce;
  }

  /**
   * Erases events that cannot be found by mentions: those known only from deliveries or receipts, and those with more ids
   * than `maxMentions`. Returns false if there are no more.
   */
  private eraseByBodies(progress: Progress): boolean {
    for (let bytes = 0; bytes < bytesAtOnce;) {
      const event = this.db.get<{ seq: number; project: string; at_ms: number; app_user_id: string | null }>(
        `SELECT seq, project, at_ms, app_user_id FROM events
         WHERE (known_by < 2 OR has_more_ids = 1) AND seq > ? ORDER BY seq LIMIT 1`,
        progress.number,
      );
      if (event === undefined) return false;
      const { seq, project, at_ms, app_user_id } = event;
      const ids = this.readCustomers(seq);
      if (app_user_id !== null) ids.add(app_user_id);
      for (const body of this.readBodies(seq)) {
        bytes += body.length;
        for (const id of idsIn(body)) ids.add(id);
      }
      if (this.forgotten.covers(project, () => ids, at_ms)) removeEvent(this.db, seq);
      progress.number = seq;
      bytes += rowBytes;
    }
    return true;
  }

  private readCustomers(seq: number): Set<string> {
    const rows = this.db.all<{ customer: string }>(
      'SELECT DISTINCT customer FROM receipts WHERE event_seq = ? AND customer IS NOT NULL',
      seq,
    );
    return new Set(rows.map(({ customer }) => customer));
  }

  private *readBodies(seq: number): Generator<Uint8Array> {
    const received = this.db.get<{ value: Uint8Array }>('SELECT value FROM bodies WHERE seq = ?', seq);
    if (received !== undefined) yield received.value;
    const deliveries = this.db.all<{ delivery_id: string }>(
      'SELECT delivery_id FROM deliveries WHERE event_seq = ?',
      seq,
    );
    for (const { delivery_id } of deliveries) {
      const delivery = this.db.get<{ body: Uint8Array }>(
        'SELECT body FROM deliveries WHERE event_seq = ? AND delivery_id = ?',
        ...[seq, delivery_id],
      );
      if (delivery !== undefined) yield delivery.body;
    }
  }

  /** Returns false if there are no more. */
  private eraseDeadLetters(progress: Progress): boolean {
    for (let bytes = 0; bytes < bytesAtOnce;) {
      const letter = this.db.get<DeadLetterRow>(
        `SELECT id, project, source, at_ms AS atMs, key, headers, value FROM dead_letters
         WHERE id > ? ORDER BY id LIMIT 1`,
        progress.number,
      );
      if (letter === undefined) return false;
      const headers = JSON.parse(letter.headers) as Record<string, string>;
      if (isOfForgottenCustomer({ ...letter, headers }, this.forgotten))
        this.db.run('DELETE FROM dead_letters WHERE id = ?', letter.id);
      progress.number = letter.id;
      bytes += (letter.value?.length ?? 0) + rowBytes;
    }
    return true;
  }
}
