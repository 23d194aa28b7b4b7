import { type Outcome, type Receipt } from '@app/delivery';
import { type Arrival } from './arrivals';
import { type JourneyEvent } from './sample-journey';

export interface Row {
  event: string;
  customer: string;
  via: JourneyEvent['via'];
  outcome: Outcome | 'pending';
  reason?: string;
  /** From sending it to its arrival in the simulator. */
  toStatsigMs?: number;
}

export interface Verdict {
  rows: Row[];
  /** Events that have yet to come to an end. */
  pending: number;
  /** What is not as it should be, for a person; empty when every event ended as expected. */
  problems: string[];
}

export interface Seen {
  sentAtMs: ReadonlyMap<string, number>;
  receipts: readonly Receipt[];
  arrivals: readonly Arrival[];
}

/** Whether every event of the journey arrived as expected: each of its deliveries once, a filtered one never. */
export function verdictOn(journey: readonly JourneyEvent[], seen: Seen): Verdict {
  const judged = journey.map((event) => judge(event, seen));
  return {
    rows: judged.flatMap(({ rows }) => rows),
    pending: judged.filter(({ pending }) => pending).length,
    problems: judged.flatMap(({ problems }) => problems),
  };
}

function judge(event: JourneyEvent, { sentAtMs, receipts, arrivals }: Seen) {
  const { type, customer, via, expect } = event;
  const own = receipts.filter((receipt) => (receipt.sourceEventId ?? receipt.eventId) === event.id);
  const finals = [
    ...new Map(own.filter(({ outcome }) => outcome !== 'retrying').map((one) => [one.eventId, one])).values(),
  ];
  const wanted = expect.outcome === 'delivered' ? expect.deliveries : 1;
  const problems: string[] = [];
  const rows = finals.map(({ eventId, outcome, reason }): Row => {
    const arrived = arrivals.filter(({ id }) => id === eventId);
    const times = outcome === 'filtered' ? 0 : 1;
    if (outcome !== expect.outcome) {
      const why = reason === undefined ? '' : ` (${reason})`;
      problems.push(`${type} ${eventId}: ${outcome}${why}, expected ${expect.outcome}`);
    } else if (arrived.length !== times) {
      problems.push(`${type} ${eventId}: ${arrived.length} times at Statsig, expected ${times}`);
    }
    const [first] = arrived;
    return {
      event: eventId === event.id ? type : `${type} (${eventId.slice(event.id.length + 1)})`,
      customer,
      via,
      outcome,
      ...(reason !== undefined && { reason }),
      ...(first !== undefined && { toStatsigMs: first.receivedAtMs - (sentAtMs.get(event.id) ?? 0) }),
    };
  });
  const pending = finals.length < wanted;
  if (pending) {
    rows.push({ event: type, customer, via, outcome: own.length > 0 ? 'retrying' : 'pending' });
    const last = own.at(-1);
    const state =
      last === undefined ? 'nothing was heard of it' : `last heard: ${last.reason ?? last.outcome}`;
    problems.push(`${type} ${event.id}: ${finals.length} of ${wanted} outcomes; ${state}`);
  }
  return { rows, pending, problems };
}
