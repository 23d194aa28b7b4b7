import { type ReadModel } from '../read-model/read-model';
import { type AuditFacets, type AuditPage, type AuditRecord } from './audit-view';

export interface AuditFilter {
  action?: string | undefined;
  who?: string | undefined;
}

interface Row {
  id: number;
  at_ms: number;
  who: string;
  address: string;
  action: string;
  target: string;
  detail: string | null;
  failure: string | null;
}

/** What was done, as the read model has it. */
export class AuditTrail {
  constructor(private readonly model: ReadModel) {}

  /** Newest first. */
  page({ action, who }: AuditFilter, cursor: string | undefined, limit: number): AuditPage {
    const rows = this.model.db.all<Row>(
      `SELECT * FROM audit
       WHERE (at_ms, id) < (?, ?) AND (? IS NULL OR action = ?) AND (? IS NULL OR who = ?)
       ORDER BY at_ms DESC, id DESC LIMIT ?`,
      ...placeOf(cursor),
      ...[action ?? null, action ?? null, who ?? null, who ?? null, limit + 1],
    );
    const wanted = rows.slice(0, limit);
    const last = wanted.at(-1);
    return {
      records: wanted.map(recordOf),
      next: rows.length > limit && last !== undefined ? `${last.at_ms}.${last.id}` : null,
    };
  }

  facets(): AuditFacets {
    const values = (column: 'action' | 'who'): string[] =>
      this.model.db
        .all<{ value: string }>(`SELECT DISTINCT ${column} AS value FROM audit ORDER BY 1`)
        .map(({ value }) => value);
    return { actions: values('action'), who: values('who') };
  }
}

function recordOf({ id, at_ms, who, address, action, target, detail, failure }: Row): AuditRecord {
  return {
    id,
    atMs: at_ms,
    who,
    from: address,
    action,
    target,
    detail: detail === null ? null : (JSON.parse(detail) as Record<string, unknown>),
    failure,
  };
}

/** Where no cursor is given, after everything there can be. */
function placeOf(cursor: string | undefined): [number, number] {
  const [atMs, id] = (cursor ?? '').split('.').map(Number);
  return cursor === undefined || atMs === undefined || id === undefined
    ? [Number.MAX_SAFE_INTEGER, 0]
    : [atMs, id];
}
