import { type EventOutcome } from '../../api/events';
import { type Database } from './database';

export interface EventKind {
  project: string;
  type: string;
  environment: string;
  outcome: EventOutcome;
}

/** Far more combinations than any pipeline has. Limited because filtered lists query each of them. */
const maxKinds = 5_000;
/** Replaces types, and then projects, when there are too many combinations. */
const otherName = '(other)';

/** A field that is absent matches any value. */
export interface EventKindFilter {
  project?: string | undefined;
  types?: readonly string[] | undefined;
  environment?: string | undefined;
  outcomes?: readonly EventOutcome[] | undefined;
}

/** The existing combinations of project, type, environment and outcome. There are few, so they are held in memory. */
export class EventKinds {
  private readonly byId = new Map<number, EventKind>();
  private readonly ids = new Map<string, number>();

  constructor(private readonly db: Database) {
    this.reload();
  }

  /** If there are too many combinations, replaces the type, and then the project, with `(other)`. */
  idFor(kind: EventKind): number {
    const known = this.ids.get(nameOf(kind));
    if (known !== undefined) return known;
    if (this.byId.size >= maxKinds && kind.type !== otherName)
      return this.idFor({ ...kind, type: otherName });
    if (this.byId.size >= 2 * maxKinds && kind.project !== otherName)
      return this.idFor({ ...kind, project: otherName });
    const row = this.db.get<{ id: number }>(
      'INSERT INTO kinds (project, type, environment, outcome) VALUES (?, ?, ?, ?) RETURNING id',
      ...[kind.project, kind.type, kind.environment, kind.outcome],
    );
    if (row === undefined) throw new Error('failed to store a kind');
    this.remember(row.id, kind);
    return row.id;
  }

  get(id: number): EventKind {
    const kind = this.byId.get(id);
    if (kind === undefined) throw new Error(`kind ${id} does not exist`);
    return kind;
  }

  matching({ project, types, environment, outcomes }: EventKindFilter): number[] {
    return [...this.byId]
      .filter(
        ([, kind]) =>
          (project === undefined || kind.project === project) &&
          (types === undefined || types.includes(kind.type)) &&
          (environment === undefined || kind.environment === environment) &&
          (outcomes === undefined || outcomes.includes(kind.outcome)),
      )
      .map(([id]) => id);
  }

  all(): EventKind[] {
    return [...this.byId.values()];
  }

  /** Removes combinations that no event has. */
  prune(): void {
    const removed = this.db.run(
      'DELETE FROM kinds WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.kind = kinds.id)',
    );
    if (removed > 0) this.reload();
  }

  /** Call it after a rollback, which removed the rows that the transaction inserted. */
  reload(): void {
    this.byId.clear();
    this.ids.clear();
    for (const { id, ...kind } of this.db.all<EventKind & { id: number }>('SELECT * FROM kinds')) {
      this.remember(id, kind);
    }
  }

  private remember(id: number, kind: EventKind): void {
    this.byId.set(id, kind);
    this.ids.set(nameOf(kind), id);
  }
}

function nameOf({ project, type, environment, outcome }: EventKind): string {
  return JSON.stringify([project, type, environment, outcome]);
}
