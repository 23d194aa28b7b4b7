export interface RecordedEvent {
  seq: number;
  id: string;
  userId: string;
  name: string;
  value: number | null;
  environment: string;
}

/** The record of the events that the simulated Statsig has accepted. */
export class StatsigRecord {
  constructor(private readonly url: string) {}

  async faults(...rules: object[]): Promise<void> {
    await this.put('faults', { seed: 1, rules });
  }

  async keys(...keys: string[]): Promise<void> {
    await this.put('settings', { keys });
  }

  async clear(): Promise<void> {
    await fetch(`${this.url}/_sim/faults`, { method: 'DELETE' });
    await fetch(`${this.url}/_sim/events`, { method: 'DELETE' });
  }

  async distinctIds(): Promise<number> {
    const response = await fetch(`${this.url}/_sim/stats`);
    return ((await response.json()) as { distinctEventIds: number }).distinctEventIds;
  }

  /** In order of arrival. */
  async events(): Promise<RecordedEvent[]> {
    const all: RecordedEvent[] = [];
    for (let since: number | null = 0; since !== null;) {
      const response = await fetch(`${this.url}/_sim/events?summary=true&limit=10000&since=${String(since)}`);
      const page = (await response.json()) as { events: RecordedEvent[]; next: number | null };
      all.push(...page.events);
      since = page.next;
    }
    return all;
  }

  private async put(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.url}/_sim/${path}`, { method: 'PUT', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The simulator rejected ${path}: ${await response.text()}`);
  }
}

export interface PipelineResult extends DeliveryComparison {
  /** Accepted webhooks that are not in Kafka. */
  unwritten: string[];
  /** App instances that exited unexpectedly. */
  exited: string[];
}

export interface DeliveryComparison {
  arrived: number;
  lost: string[];
  repeats: string[];
  /** Customers with an event that arrived before an earlier one. */
  outOfOrder: string[];
}

/** Compares the events that arrived with those expected. The first arrival of an event counts for the order. */
export function compareDeliveries(
  expected: ReadonlySet<string>,
  events: readonly RecordedEvent[],
): DeliveryComparison {
  const seen = new Set<string>();
  const repeats: string[] = [];
  const last = new Map<string, string>();
  const outOfOrder = new Set<string>();
  for (const { id, userId } of events) {
    if (seen.has(id)) {
      repeats.push(id);
      continue;
    }
    seen.add(id);
    if ((last.get(userId) ?? '') > id) outOfOrder.add(userId);
    last.set(userId, id);
  }
  return {
    arrived: seen.size,
    lost: [...expected].filter((id) => !seen.has(id)),
    repeats,
    outOfOrder: [...outOfOrder],
  };
}
