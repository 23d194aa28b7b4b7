import { type Database } from './database';
import { type EventOutcome } from './outcome';

export interface Kind {
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
export interface KindFilter {
  project?: string | undefined;
  types?: readonly string[] | undefined;
  environment?: string | undefined;
  outcomes?: readonly EventOutcome[] | undefined;
}

/** The existing combinations of project, type, environment and outcome. There are few, so they are held in memory. */
export class Kinds {
  private readonly byId = new Map<number, Kind>();
  private readonly ids = new Map<string, number>();

  constructor(private readonly db: Database) {
    this.reload();
  }

  /** If there are too many combinations, replaces the type, and then the project, with `(other)`. */
  idOf(kind: Kind): number {
    const known = this.ids.get(nameOf(kind));
    if (known !== undefined) return known;
    if (this.byId.size >= maxKinds && kind.type !== otherName) return this.idOf({ ...kind, type: otherName });
    if (this.byId.size >= 2 * maxKinds && kind.project !== otherName)
      return this.idOf({ ...kind, project: otherName });
    const row = this.db.get<{ id: number }>(
      'INSERT INTO kinds (project, type, environment, outcome) VALUES (?, ?, ?, ?) RETURNING id',
      ...[kind.project, kind.type, kind.environment, kind.outcome],
    );
    if (row === undefined) throw new Error('failed to store a kind');
    this.remember(row.id, kind);
    return row.id;
  }

  get(id: number): Kind {
    const kind = this.byId.get(id);
    if (kind === undefined) throw new Error(`kind ${id} does not exist`);
    return kind;
  }

  matching({ project, types, environment, outcomes }: KindFilter): number[] {
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

  all(): Kind[] {
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
    for (const { id, ...kind } of this.db.all<Kind & { id: number }>('SELECT * FROM kinds')) {
      this.remember(id, kind);
    }
  }

  private remember(id: number, kind: Kind): void {
    this.byId.set(id, kind);
    this.ids.set(nameOf(kind), id);
  }
}

function nameOf({ project, type, environment, outcome }: Kind): string {
  return JSON.stringify([project, type, environment, outcome]);
}
