/** An event in the simulator's record. */
export interface Arrival {
  id: string | null;
  seq: number;
  receivedAtMs: number;
  ingested: boolean;
}

/** What the simulator has recorded after `seq`. */
export async function arrivalsAfter(simulatorUrl: string, seq: number): Promise<Arrival[]> {
  const answer = await fetch(`${simulatorUrl}/_sim/events?summary=true&limit=1000&since=${seq}`);
  const { events } = (await answer.json()) as { events: Arrival[] };
  return events;
}
