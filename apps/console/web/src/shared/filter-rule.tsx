const settings: Record<string, string> = {
  type_not_selected: 'Event types',
  sandbox_excluded: 'Send sandbox events',
  anonymous_customer: 'Anonymous customers',
};

/** What left an event out: a filter, or another setting of the integration. */
export function FilterRule({ reason, rule }: { reason: string; rule: string | null }) {
  return rule === null ? <>{settings[reason] ?? reason}</> : <span className="mono">{rule}</span>;
}
