import { type ConsumedRecord } from '@app/kafka';
import { z } from 'zod';
import { type AuditEntry, auditEntry } from '../../api/audit';
import { clampMs, truncateName } from './limits';
import { type Database } from './database';
import { truncateProject } from './event-rows';
import { type ForgottenCustomers } from './forgotten-customers';

/** Written by `npm run cli -- forget`: the hash of every id of the customer. */
const forgetDetail = z.object({
  project: z.string(),
  idHashes: z.array(z.string().max(64)).max(10_000),
});

/** Applies a record of `console.audit`. Ignores invalid records. */
export function applyAudit(
  record: ConsumedRecord,
  { db, forgotten }: { db: Database; forgotten: ForgottenCustomers },
): void {
  const entry = read(record);
  if (entry === undefined) return;
  const { who, from, action, target, detail, failure } = entry;
  const atMs = clampMs(entry.atMs);
  db.run(
    `INSERT OR IGNORE INTO audit (partition, offset, at_ms, who, address, action, target, detail, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[record.partition, record.offset, atMs],
    ...[
      truncateName(who, 200),
      truncateName(from, 200),
      truncateName(action, 100),
      truncateName(target, 1_000),
    ],
    ...[detail === undefined ? null : JSON.stringify(detail), failure ?? null],
  );
  if (action !== 'forget' || failure !== undefined) return;
  const { data: forget } = forgetDetail.safeParse(detail);
  if (forget !== undefined) forgotten.add(truncateProject(forget.project), forget.idHashes, atMs);
}

function read({ value }: ConsumedRecord): AuditEntry | undefined {
  try {
    return auditEntry.safeParse(JSON.parse(value?.toString() ?? '')).data;
  } catch {
    return undefined;
  }
}
