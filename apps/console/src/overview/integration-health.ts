import { type Integration } from '@app/integrations';
import { type IntegrationHealth } from '../../api/integrations';
import { type Database } from '../read-model/database';

interface Row {
  delivered_at_ms: number;
  problem_at_ms: number;
  problem_event_id: string | null;
  problem_status: number | null;
  is_suspended: number | null;
  next_attempt_at_ms: number | null;
}

export function healthOf(db: Database, { projectId, enabled }: Integration): IntegrationHealth {
  const row = db.get<Row>('SELECT * FROM projects WHERE project = ?', projectId);
  const lastDeliveredAtMs = row === undefined || row.delivered_at_ms === 0 ? null : row.delivered_at_ms;
  const usual = { detail: null, sinceMs: lastDeliveredAtMs, nextAttemptAtMs: null, lastDeliveredAtMs };
  if (!enabled)
    return { ...usual, state: 'paused', detail: 'Paused by an operator. Its events wait in Kafka.' };
  if (row === undefined || (row.delivered_at_ms === 0 && row.problem_at_ms === 0))
    return { ...usual, state: 'idle', detail: 'Nothing has been sent yet.' };
  if (row.problem_at_ms <= row.delivered_at_ms) return { ...usual, state: 'delivering' };
  return {
    state: row.is_suspended === 1 ? 'suspended' : 'retrying',
    detail: detailOf(db, projectId, row),
    sinceMs: row.problem_at_ms,
    nextAttemptAtMs: row.next_attempt_at_ms,
    lastDeliveredAtMs,
  };
}

/** Does not quote Statsig's response, which may contain the event: only the pages of events show personal data. */
function detailOf(db: Database, projectId: string, row: Row): string | null {
  const { problem_at_ms: atMs, problem_event_id: eventId, problem_status: status } = row;
  if (status !== null) return `Statsig responded with ${status}.`;
  const receipt = db.get<{ detail: string | null }>(
    `SELECT r.detail FROM events e JOIN receipts r ON r.event_seq = e.seq
     WHERE e.project = ? AND e.event_id = ? AND r.at_ms = ? AND r.outcome = 'retrying'`,
    ...[projectId, eventId, atMs],
  );
  return receipt?.detail ?? null;
}
