/** An event that the simulator has recorded. */
export interface ReceivedEvent {
  id: string | null;
  seq: number;
  receivedAtMs: number;
  ingested: boolean;
}

/** Returns up to 1,000 events that the simulator recorded after `seq`. */
export async function receivedAfter(simulatorUrl: string, seq: number): Promise<ReceivedEvent[]> {
  const response = await fetch(`${simulatorUrl}/_sim/events?summary=true&limit=1000&since=${seq}`);
  const { events } = (await response.json()) as { events: ReceivedEvent[] };
  return events;
}
