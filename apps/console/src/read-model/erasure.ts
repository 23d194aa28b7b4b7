import { type Database } from './database';
import { type Forgotten } from './forgotten';
import { idsIn } from './customer-ids';
import { removeEvent } from './remove-event';
import { bodyOf, type DeadLetterSource } from './take-dead-letters';

/** Rows that are looked at in one step: some milliseconds, so that no request waits for long. */
const idsAtOnce = 2_000;
const eventsAtOnce = 50;
const deadLettersAtOnce = 20;

interface Progress {
  /** What is erased in this run: what is added meanwhile needs another one. */
  due: { project: string; id_hash: string; at_ms: number }[];
  phase: 'mentions' | 'deliveries' | 'dead letters';
  id: string;
  project: string;
  number: number;
}

interface DeadLetterRow {
  id: number;
  project: string;
  source: DeadLetterSource;
  at_ms: number;
  value: Uint8Array | null;
}

/** Erases customers who were forgotten, in steps, and with their bytes: the database overwrites what is deleted. */
export class Erasure {
  private progress: Progress | undefined;

  constructor(
    private readonly db: Database,
    private readonly forgotten: Forgotten,
  ) {}

  /** One step. True: there is more to erase. After a failure it may be called again. */
  step(): boolean {
    this.progress ??= this.begin();
    const { progress } = this;
    if (progress === undefined) return false;
    try {
      this.db.transaction(() => {
        this.advance(progress);
      });
    } catch (error) {
      // From the beginning: what was removed since the last commit is there again.
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
        if (!this.eraseEvents(progress)) progress.phase = 'deliveries';
        return;
      case 'deliveries':
        if (this.eraseDeliveries(progress)) return;
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

  /** Events that were read, by the ids that they mention. False: no more. */
  private eraseEvents(progress: Progress): boolean {
    const named = this.db.all<{ id: string; project: string }>(
      'SELECT DISTINCT id, project FROM mentions WHERE (id, project) > (?, ?) ORDER BY id, project LIMIT ?',
      ...[progress.id, progress.project, idsAtOnce],
    );
    for (const { id, project } of named) {
      if (!this.forgotten.covers(project, () => [id], 0)) continue;
      const events = this.db.all<{ seq: number; at_ms: number }>(
        `SELECT seq, at_ms FROM events
         WHERE seq IN (SELECT event_seq FROM mentions WHERE id = ? AND project = ?)`,
        ...[id, project],
      );
      for (const { seq, at_ms } of events)
        if (this.forgotten.covers(project, () => [id], at_ms)) removeEvent(this.db, seq);
    }
    const last = named.at(-1);
    if (last !== undefined) Object.assign(progress, last);
    return named.length === idsAtOnce;
  }

  /** Events of which only deliveries were read: they mention no ids. False: no more. */
  private eraseDeliveries(progress: Progress): boolean {
    const events = this.db.all<{ seq: number; project: string; at_ms: number; app_user_id: string | null }>(
      `SELECT seq, project, at_ms, app_user_id FROM events
       WHERE seq > ? AND NOT EXISTS (SELECT 1 FROM mentions WHERE event_seq = seq) ORDER BY seq LIMIT ?`,
      ...[progress.number, eventsAtOnce],
    );
    for (const { seq, project, at_ms, app_user_id } of events) {
      const ids = (): string[] => [
        ...(app_user_id === null ? [] : [app_user_id]),
        ...this.idsInDeliveries(seq),
      ];
      if (this.forgotten.covers(project, ids, at_ms)) removeEvent(this.db, seq);
      progress.number = seq;
    }
    return events.length === eventsAtOnce;
  }

  private idsInDeliveries(seq: number): string[] {
    return this.db
      .all<{ body: Uint8Array }>('SELECT body FROM deliveries WHERE event_seq = ?', seq)
      .flatMap(({ body }) => idsIn(body));
  }

  /** False: no more. */
  private eraseDeadLetters(progress: Progress): boolean {
    const letters = this.db.all<DeadLetterRow>(
      'SELECT id, project, source, at_ms, value FROM dead_letters WHERE id > ? ORDER BY id LIMIT ?',
      ...[progress.number, deadLettersAtOnce],
    );
    for (const { id, project, source, at_ms, value } of letters) {
      if (value !== null && this.forgotten.covers(project, () => idsIn(bodyOf(value, source)), at_ms))
        this.db.run('DELETE FROM dead_letters WHERE id = ?', id);
      progress.number = id;
    }
    return letters.length === deadLettersAtOnce;
  }
}
