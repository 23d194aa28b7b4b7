import { type FilteredEvents } from '../../api/integrations';
import { type Database } from '../read-model/database';

/** The events of a project that were filtered out in the days that the console retains. */
export function filteredEventsOf(db: Database, projectId: string): FilteredEvents {
  const rules = db.all<{ reason: string; rule: string; events: number; sinceMs: number }>(
    `SELECT reason, rule, sum(events) AS events, min(day_ms) AS sinceMs FROM filtered WHERE project = ?
     GROUP BY reason, rule ORDER BY events DESC, reason, rule`,
    projectId,
  );
  return {
    sinceMs: rules.length === 0 ? null : Math.min(...rules.map(({ sinceMs }) => sinceMs)),
    rules: rules.map(({ reason, rule, events }) => ({ reason, rule: rule === '' ? null : rule, events })),
  };
}
