import { until } from '@tools/stack';
import { byCustomer, type Renewal } from './renewals';

/** An event as the simulator recorded it. */
export interface AcceptedEvent {
  seq: number;
  id: string | null;
  /** 2 if Statsig had accepted its id once before. */
  acceptance: number;
}

const timeoutMs = 300_000;

/** Client of the simulated Statsig. */
export class Statsig {
  constructor(private readonly url: string) {}

  /** Returns all accepted events in order of arrival. */
  async acceptedEvents(): Promise<AcceptedEvent[]> {
    const all: AcceptedEvent[] = [];
    for (let since: number | null = 0; since !== null;) {
      const response = await fetch(`${this.url}/_sim/events?summary=true&limit=10000&since=${since}`);
      const page = (await response.json()) as { events: AcceptedEvent[]; next: number | null };
      all.push(...page.events);
      since = page.next;
    }
    return all;
  }

  /** Resolves when at least `atLeast` of the events have arrived; by default all of them. */
  async untilAccepted(events: readonly Renewal[], atLeast = events.length): Promise<void> {
    await until(
      async () => {
        const arrived = new Set((await this.acceptedEvents()).map(({ id }) => id));
        const count = events.filter(({ id }) => arrived.has(id)).length;
        if (count < atLeast) throw new Error(`${count} of ${atLeast} events have arrived at Statsig`);
      },
      { timeoutMs },
    );
  }

  async respondAfter(ms: number): Promise<void> {
    await fetch(`${this.url}/_sim/faults`, {
      method: 'PUT',
      body: JSON.stringify({ rules: ms === 0 ? [] : [{ kind: 'latency', latency: { shape: 'fixed', ms } }] }),
    });
  }
}

/** Ids in the order of their first arrival, by customer. */
export function acceptedOrder(
  events: readonly Renewal[],
  accepted: readonly AcceptedEvent[],
): Record<string, string[]> {
  const customerOf = new Map(events.map(({ id, customer }) => [id, customer]));
  const order: Record<string, string[]> = {};
  for (const { id, acceptance } of accepted) {
    const customer = customerOf.get(id ?? '');
    if (id === null || customer === undefined || acceptance > 1) continue;
    (order[customer] ??= []).push(id);
  }
  return order;
}

/** Ids in the order in which they were sent, by customer. */
export function sentOrder(events: readonly Renewal[]): Record<string, string[]> {
  return Object.fromEntries(
    [...byCustomer(events)].map(([customer, ofCustomer]) => [customer, ofCustomer.map(({ id }) => id)]),
  );
}

/** Ids that Statsig accepted more than once. */
export function repeatedIds(events: readonly Renewal[], accepted: readonly AcceptedEvent[]): string[] {
  const ours = new Set(events.map(({ id }) => id));
  return accepted.flatMap(({ id, acceptance }) =>
    id !== null && acceptance > 1 && ours.has(id) ? [id] : [],
  );
}
