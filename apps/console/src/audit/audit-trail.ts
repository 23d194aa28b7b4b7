import { Injectable } from '@nestjs/common';
import { type AuditFacets, type AuditPage, type AuditRecord } from '../../api/audit';
import { pageOf, parseCursor } from '../http/pagination';
import { ReadModel } from '../read-model/read-model';

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

/** The audit records in the read model. */
@Injectable()
export class AuditTrail {
  constructor(private readonly model: ReadModel) {}

  /** Returns a page of records, newest first. */
  page({ action, who }: AuditFilter, cursor: string | undefined, limit: number): AuditPage {
    const after = parseCursor(cursor);
    const found = this.model.db.all<Row>(
      `SELECT * FROM audit
       WHERE (at_ms, id) < (?, ?) AND (? IS NULL OR action = ?) AND (? IS NULL OR who = ?)
       ORDER BY at_ms DESC, id DESC LIMIT ?`,
      ...[after.atMs, after.id],
      ...[action ?? null, action ?? null, who ?? null, who ?? null, limit + 1],
    );
    const { rows, next } = pageOf(found, limit, ({ at_ms, id }) => ({ atMs: at_ms, id }));
    return { records: rows.map(recordOf), next };
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
