import { clampMs, truncateName } from './limits';
import { type Database } from './database';
import { type EventKinds } from './event-kinds';
import { type EventStatus } from './outcome';

/** The facts about an event in a record. An event has more facts than a delivery, and a delivery has more than a receipt. */
export interface EventFacts {
  source: RowSource;
  project: string;
  eventId: string;
  type: string;
  environment: string;
  /** When it entered the pipeline. */
  atMs: number;
  eventTimeMs: number | null;
  appUserId: string | null;
  productId: string | null;
  price: number | null;
  partition: number;
  offset: number;
}

export const rowSource = { receipt: 0, delivery: 1, event: 2 } as const;
export type RowSource = (typeof rowSource)[keyof typeof rowSource];

/** At least as long as ingest and the mapper accept. Longer names, from other producers, are truncated. */
const maxLength = { project: 64, eventId: 300, type: 100, appUserId: 512, productId: 256 };
/** Greater numbers are not plausible prices. */
const maxPrice = 1e12;

interface StoredEvent {
  seq: number;
  kind: number;
  at_ms: number;
  known_by: number;
  partition: number;
  offset: number;
}

/** One row per project and event id, whichever topic mentioned it first. */
export class EventRows {
  constructor(
    private readonly db: Database,
    private readonly kinds: EventKinds,
  ) {}

  /** `isBest` is true if no better record of the event was known, so that its body must be stored too. */
  upsert(given: EventFacts): { seq: number; isBest: boolean } {
    const facts = limitFacts(given);
    const { project, eventId } = facts;
    const stored = this.db.get<StoredEvent>(
      'SELECT seq, kind, at_ms, known_by, partition, offset FROM events WHERE project = ? AND event_id = ?',
      ...[project, eventId],
    );
    if (stored === undefined) return { seq: this.insert(facts), isBest: true };
    const isBest = isBetter(facts, stored);
    if (isBest) this.replace(facts, stored);
    if (facts.source === rowSource.event) {
      this.db.run('UPDATE events SET times_received = times_received + 1 WHERE seq = ?', stored.seq);
    }
    return { seq: stored.seq, isBest };
  }

  setStatus(seq: number, { outcome, reason, atMs, attempts, nextAttemptAtMs }: EventStatus): void {
    const row = this.db.get<{ kind: number }>('SELECT kind FROM events WHERE seq = ?', seq);
    if (row === undefined) return;
    const kind = this.kinds.idFor({ ...this.kinds.get(row.kind), outcome });
    this.db.run(
      'UPDATE events SET kind = ?, reason = ?, outcome_at_ms = ?, attempts = ?, next_attempt_at_ms = ? WHERE seq = ?',
      ...[kind, reason, atMs, attempts, nextAttemptAtMs, seq],
    );
  }

  private insert(facts: EventFacts): number {
    const { project, eventId, type, environment } = facts;
    const row = this.db.get<{ seq: number }>(
      `INSERT INTO events (project, event_id, kind, at_ms, known_by, event_time_ms, app_user_id, product_id, price,
         times_received, partition, offset, attempts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING seq`,
      ...[project, eventId, this.kinds.idFor({ project, type, environment, outcome: 'waiting' })],
      ...[facts.atMs, facts.source, facts.eventTimeMs, facts.appUserId, facts.productId, facts.price],
      ...[facts.source === rowSource.event ? 1 : 0, facts.partition, facts.offset],
    );
    if (row === undefined) throw new Error('failed to store an event');
    return row.seq;
  }

  private replace(facts: EventFacts, { seq, kind }: StoredEvent): void {
    const { project, type, environment } = facts;
    const { outcome } = this.kinds.get(kind);
    this.db.run(
      `UPDATE events SET kind = ?, at_ms = ?, known_by = ?, event_time_ms = ?, app_user_id = ?, product_id = ?,
         price = ?, partition = ?, offset = ? WHERE seq = ?`,
      ...[this.kinds.idFor({ project, type, environment, outcome }), facts.atMs, facts.source],
      ...[
        facts.eventTimeMs,
        facts.appUserId,
        facts.productId,
        facts.price,
        facts.partition,
        facts.offset,
        seq,
      ],
    );
  }
}

export function truncateProject(project: string): string {
  return truncateName(project, maxLength.project);
}

export function truncateEventId(eventId: string): string {
  return truncateName(eventId, maxLength.eventId);
}

function limitFacts(facts: EventFacts): EventFacts {
  const { eventTimeMs, appUserId, productId, price } = facts;
  return {
    ...facts,
    project: truncateProject(facts.project),
    eventId: truncateEventId(facts.eventId),
    type: truncateName(facts.type, maxLength.type),
    atMs: clampMs(facts.atMs),
    eventTimeMs: eventTimeMs === null ? null : clampMs(eventTimeMs),
    appUserId: appUserId === null ? null : truncateName(appUserId, maxLength.appUserId),
    productId: productId === null ? null : truncateName(productId, maxLength.productId),
    price: price === null || Math.abs(price) > maxPrice ? null : price,
  };
}

/** Prefers the earlier of two records of the same kind, so that the order in which they are read makes no difference. */
function isBetter(facts: EventFacts, stored: StoredEvent): boolean {
  if (facts.source !== stored.known_by) return facts.source > stored.known_by;
  if (facts.atMs !== stored.at_ms) return facts.atMs < stored.at_ms;
  if (facts.partition !== stored.partition) return facts.partition < stored.partition;
  return facts.offset < stored.offset;
}
