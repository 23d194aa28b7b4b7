import { type Database } from './database';
import { type EventOutcome } from './outcome';

export interface Kind {
  project: string;
  type: string;
  environment: string;
  outcome: EventOutcome;
}

/** More combinations than this are no pipeline's; lists that are filtered look at each. */
const maxKinds = 5_000;
/** Stands for types, and projects, that came after there were too many combinations. */
export const otherName = '(other)';

/** Each field narrows: absent, it takes any. */
export interface KindFilter {
  project?: string | undefined;
  types?: readonly string[] | undefined;
  environment?: string | undefined;
  outcomes?: readonly EventOutcome[] | undefined;
}

/** The combinations of project, type, environment and outcome that there are: few, so they are held in memory. */
export class Kinds {
  private readonly byId = new Map<number, Kind>();
  private readonly ids = new Map<string, number>();

  constructor(private readonly db: Database) {
    this.reload();
  }

  /** Of too many, the type and then the project are not told apart any more. */
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
    if (row === undefined) throw new Error('a kind was not stored');
    this.remember(row.id, kind);
    return row.id;
  }

  get(id: number): Kind {
    const kind = this.byId.get(id);
    if (kind === undefined) throw new Error(`there is no kind ${id}`);
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

  /** Removes those that no event has. */
  prune(): void {
    const removed = this.db.run(
      'DELETE FROM kinds WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.kind = kinds.id)',
    );
    if (removed > 0) this.reload();
  }

  /** After a transaction that was rolled back: what it numbered is gone. */
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
