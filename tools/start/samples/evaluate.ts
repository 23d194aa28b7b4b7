import { type Outcome, type Receipt } from '@app/delivery';
import { type ReceivedEvent } from './received-events';
import { type SampleEvent } from './sample-events';

export interface Row {
  event: string;
  customer: string;
  via: SampleEvent['via'];
  outcome: Outcome | 'pending';
  reason?: string;
  /** Time from sending the event until the simulator received it. */
  toStatsigMs?: number;
}

export interface Evaluation {
  rows: Row[];
  /** Number of events without a final outcome. */
  pending: number;
  /** Messages for the user; empty if every event had its expected outcome. */
  problems: string[];
}

export interface Observations {
  sentAtMs: ReadonlyMap<string, number>;
  receipts: readonly Receipt[];
  received: readonly ReceivedEvent[];
}

/** Checks that Statsig received each expected delivery exactly once, and no filtered event. */
export function evaluate(samples: readonly SampleEvent[], seen: Observations): Evaluation {
  const results = samples.map((event) => evaluateOne(event, seen));
  return {
    rows: results.flatMap(({ rows }) => rows),
    pending: results.filter(({ pending }) => pending).length,
    problems: results.flatMap(({ problems }) => problems),
  };
}

function evaluateOne(event: SampleEvent, { sentAtMs, receipts, received }: Observations) {
  const { type, customer, via, expect } = event;
  const own = receipts.filter((receipt) => (receipt.sourceEventId ?? receipt.eventId) === event.id);
  const finals = [
    ...new Map(own.filter(({ outcome }) => outcome !== 'retrying').map((one) => [one.eventId, one])).values(),
  ];
  const expectedCount = expect.outcome === 'delivered' ? expect.deliveries : 1;
  const problems: string[] = [];
  const rows = finals.map(({ eventId, outcome, reason }): Row => {
    const matches = received.filter(({ id }) => id === eventId);
    const times = outcome === 'filtered' ? 0 : 1;
    if (outcome !== expect.outcome) {
      const why = reason === undefined ? '' : ` (${reason})`;
      problems.push(`${type} ${eventId}: ${outcome}${why}, expected ${expect.outcome}`);
    } else if (matches.length !== times) {
      problems.push(`${type} ${eventId}: ${matches.length} times at Statsig, expected ${times}`);
    }
    const [first] = matches;
    return {
      event: eventId === event.id ? type : `${type} (${eventId.slice(event.id.length + 1)})`,
      customer,
      via,
      outcome,
      ...(reason !== undefined && { reason }),
      ...(first !== undefined && { toStatsigMs: first.receivedAtMs - (sentAtMs.get(event.id) ?? 0) }),
    };
  });
  const pending = finals.length < expectedCount;
  if (pending) {
    rows.push({ event: type, customer, via, outcome: own.length > 0 ? 'retrying' : 'pending' });
    const last = own.at(-1);
    const state = last === undefined ? 'no receipts' : `last receipt: ${last.reason ?? last.outcome}`;
    problems.push(`${type} ${event.id}: ${finals.length} of ${expectedCount} outcomes; ${state}`);
  }
  return { rows, pending, problems };
}
