import { type Database } from '../read-model/database';
import { type ObservedArrivals } from './observation';

const dayMs = 86_400_000;
/** If so many arrived, it is not by chance that none does. */
const minExpected = 10;

/**
 * The last arrival of an event of each project, without sandbox events, which arrive irregularly. Counts the events of the day
 * before only for projects that are quiet, because that takes longer.
 */
export function eventArrivals(db: Database, nowMs: number, quietAfterMs: number): ObservedArrivals[] {
  const last = db.all<{ projectId: string; lastAtMs: number }>(
    `SELECT project AS projectId, max(last) AS lastAtMs FROM (
       SELECT project, (SELECT max(at_ms) FROM events WHERE kind = kinds.id) AS last
       FROM kinds WHERE environment <> 'SANDBOX'
     ) WHERE last IS NOT NULL GROUP BY project`,
  );
  return last.map(({ projectId, lastAtMs }) => {
    const isQuiet = nowMs - lastAtMs >= quietAfterMs;
    const count = (fromMs: number, toMs: number): number => countOf(db, projectId, fromMs, toMs);
    const wereExpected =
      isQuiet &&
      (count(nowMs - dayMs - quietAfterMs, nowMs - dayMs) >= minExpected ||
        // Longer than a day: nothing arrived at the same time of yesterday either.
        (nowMs - lastAtMs >= dayMs && count(lastAtMs - dayMs, lastAtMs + 1) >= minExpected));
    return { projectId, lastAtMs, wereExpected };
  });
}

/** Counts at most {@link minExpected} events. */
function countOf(db: Database, project: string, fromMs: number, toMs: number): number {
  const row = db.get<{ count: number }>(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM kinds JOIN events ON events.kind = kinds.id AND events.at_ms >= ? AND events.at_ms < ?
       WHERE kinds.project = ? AND kinds.environment <> 'SANDBOX' LIMIT ?
     )`,
    ...[fromMs, toMs, project, minExpected],
  );
  return row?.count ?? 0;
}
