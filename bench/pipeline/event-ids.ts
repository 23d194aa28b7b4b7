type Body = { event: { id: string } } | { events: readonly { metadata: { revenuecat_event_id: string } }[] };

/** The ids of the events in a request to Statsig, in format `revenuecat` or `log_event`. */
export function eventIdsOf(body: string): string[] {
  const parsed = JSON.parse(body) as Body;
  return 'events' in parsed
    ? parsed.events.map(({ metadata }) => metadata.revenuecat_event_id)
    : [parsed.event.id];
}
