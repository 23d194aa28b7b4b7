import { Injectable } from '@nestjs/common';
import { type EventPage, type EventSummary } from '../../api/events';
import { pageOf, parseCursor } from '../http/pagination';
import { type EventKind, type EventKindFilter } from '../read-model/event-kinds';
import { ReadModel } from '../read-model/read-model';
import { type EventRow, summaryOf } from './event-summary';

export interface EventFilter extends EventKindFilter {
  /** Any id of the customer. */
  customer?: string | undefined;
}

/** Far more than RevenueCat has. Limited because each is queried. */
const maxTypes = 100;

/** Events, newest first. */
@Injectable()
export class EventList {
  constructor(private readonly model: ReadModel) {}

  page(filter: EventFilter, cursor: string | undefined, limit: number): EventPage {
    return this.toPage(this.rowsAfter(filter, parseCursor(cursor), limit + 1), limit);
  }

  /** Returns the newest event of each type, newest first. */
  newestOfEachType(project: string | undefined): EventSummary[] {
    const kinds = this.model.kinds.all().filter((kind) => project === undefined || kind.project === project);
    const types = [...new Set(kinds.map(({ type }) => type))].filter((type) => type !== '');
    return types
      .slice(0, maxTypes)
      .flatMap((type) => this.page({ project, types: [type] }, undefined, 1).events)
      .toSorted((a, b) => b.receivedAtMs - a.receivedAtMs);
  }

  /** Returns those of the given events that match the filter, oldest first. */
  among(seqs: readonly number[], filter: EventFilter): EventSummary[] {
    return seqs
      .map((seq) => this.model.db.get<EventRow>('SELECT * FROM events WHERE seq = ?', seq))
      .filter((row) => row !== undefined)
      .filter((row) => matches(filter, this.model.kinds.get(row.kind)) && this.mentions(row, filter.customer))
      .toSorted((a, b) => a.at_ms - b.at_ms || a.seq - b.seq)
      .map((row) => this.summary(row));
  }

  /** Returns the events that contain any of a customer's ids. */
  ofCustomer(project: string, ids: readonly string[], cursor: string | undefined, limit: number): EventPage {
    const after = parseCursor(cursor);
    const rows = this.model.db.all<EventRow>(
      `SELECT * FROM events
       WHERE seq IN (SELECT event_seq FROM mentions WHERE project = ? AND id IN (SELECT value FROM json_each(?)))
         AND (at_ms, seq) < (?, ?)
       ORDER BY at_ms DESC, seq DESC LIMIT ?`,
      ...[project, JSON.stringify(ids), after.atMs, after.id, limit + 1],
    );
    return this.toPage(rows, limit);
  }

  private rowsAfter(filter: EventFilter, after: ReturnType<typeof parseCursor>, limit: number): EventRow[] {
    const { db, kinds } = this.model;
    if (filter.customer !== undefined) return this.rowsOfCustomer(filter, filter.customer, after, limit);
    if (isOpen(filter)) {
      return db.all<EventRow>(
        'SELECT * FROM events WHERE (at_ms, seq) < (?, ?) ORDER BY at_ms DESC, seq DESC LIMIT ?',
        ...[after.atMs, after.id, limit],
      );
    }
    // The index is sorted by time within each kind, so the newest events overall are among the newest of each kind.
    return kinds
      .matching(filter)
      .flatMap((kind) =>
        db.all<{ seq: number; at_ms: number }>(
          'SELECT seq, at_ms FROM events WHERE kind = ? AND (at_ms, seq) < (?, ?) ORDER BY at_ms DESC, seq DESC LIMIT ?',
          ...[kind, after.atMs, after.id, limit],
        ),
      )
      .toSorted((a, b) => b.at_ms - a.at_ms || b.seq - a.seq)
      .slice(0, limit)
      .map(({ seq }) => db.get<EventRow>('SELECT * FROM events WHERE seq = ?', seq))
      .filter((row) => row !== undefined);
  }

  private rowsOfCustomer(
    filter: EventFilter,
    customer: string,
    after: ReturnType<typeof parseCursor>,
    limit: number,
  ): EventRow[] {
    const kinds = isOpen(filter) ? undefined : JSON.stringify(this.model.kinds.matching(filter));
    return this.model.db.all<EventRow>(
      `SELECT * FROM events
       WHERE seq IN (SELECT event_seq FROM mentions WHERE id = ?) AND (at_ms, seq) < (?, ?)
         AND (? IS NULL OR kind IN (SELECT value FROM json_each(?)))
       ORDER BY at_ms DESC, seq DESC LIMIT ?`,
      ...[customer, after.atMs, after.id, kinds ?? null, kinds ?? '[]', limit],
    );
  }

  private mentions({ project, seq }: EventRow, customer: string | undefined): boolean {
    if (customer === undefined) return true;
    const mention = this.model.db.get(
      'SELECT 1 FROM mentions WHERE id = ? AND project = ? AND event_seq = ?',
      ...[customer, project, seq],
    );
    return mention !== undefined;
  }

  private toPage(found: readonly EventRow[], limit: number): EventPage {
    const { rows, next } = pageOf(found, limit, ({ at_ms, seq }) => ({ atMs: at_ms, id: seq }));
    return { events: rows.map((row) => this.summary(row)), next };
  }

  private summary(row: EventRow): EventSummary {
    return summaryOf(row, this.model.kinds.get(row.kind));
  }
}

function isOpen({ project, types, environment, outcomes }: EventFilter): boolean {
  return project === undefined && types === undefined && environment === undefined && outcomes === undefined;
}

function matches({ project, types, environment, outcomes }: EventFilter, kind: EventKind): boolean {
  return (
    (project === undefined || kind.project === project) &&
    (types === undefined || types.includes(kind.type)) &&
    (environment === undefined || kind.environment === environment) &&
    (outcomes === undefined || outcomes.includes(kind.outcome))
  );
}
