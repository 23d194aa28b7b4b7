import { type ConsumedRecord } from '@app/kafka';
import { type AuditEntry, auditEntry } from '../audit/audit-entry';
import { type Database } from './database';

/** A record of `console.audit`. What is no entry is left out. */
export function takeAudit(record: ConsumedRecord, db: Database): void {
  const entry = read(record);
  if (entry === undefined) return;
  const { atMs, who, from, action, target, detail, failure } = entry;
  db.run(
    `INSERT OR IGNORE INTO audit (partition, offset, at_ms, who, address, action, target, detail, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[record.partition, record.offset, atMs, who, from, action, target],
    ...[detail === undefined ? null : JSON.stringify(detail), failure ?? null],
  );
}

function read({ value }: ConsumedRecord): AuditEntry | undefined {
  try {
    return auditEntry.safeParse(JSON.parse(value?.toString() ?? '')).data;
  } catch {
    return undefined;
  }
}
