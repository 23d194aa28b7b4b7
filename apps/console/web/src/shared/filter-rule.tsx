import { filterName } from '../../../api/preview-words';

/** What filters an event out: a filter, or another setting of the integration. */
export function FilterRule({ reason, rule }: { reason: string; rule: string | null }) {
  const name = filterName(reason, rule);
  return rule === null ? <>{name}</> : <span className="mono">{name}</span>;
}
