import { type Database } from './database';
import { type EventOutcome } from './outcome';

export interface Kind {
  project: string;
  type: string;
  environment: string;
  outcome: EventOutcome;
}

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

  idOf(kind: Kind): number {
    const name = nameOf(kind);
    const known = this.ids.get(name);
    if (known !== undefined) return known;
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
