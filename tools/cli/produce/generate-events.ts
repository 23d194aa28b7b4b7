import { customerLifecycle, type GeneratedEvent } from './customer-lifecycle';
import { type EventToSend } from './event-to-send';
import { SeededRandom } from './random';

export interface GeneratorOptions {
  /** Everything but the times depends only on it. */
  seed: string;
  customers: number;
  events: number;
  /** Time of the last event of each customer, in ms since the epoch. */
  untilMs: number;
}

/** Number of customers whose events alternate. Only these are in memory. */
const activeCustomers = 100;
/** Longer histories are compressed to this. */
const maxHistoryMs = 2 * 365 * 86_400_000;

/** Events of realistic customers, in order for each customer. */
export function* generateEvents(options: GeneratorOptions): Generator<EventToSend> {
  const { seed, events } = options;
  const customers = Math.min(options.customers, events);
  const random = new SeededRandom(seed);
  const active: Generator<EventToSend>[] = [];
  let next = 0;
  for (;;) {
    while (active.length < activeCustomers && next < customers) {
      const count = Math.floor(events / customers) + (next < events % customers ? 1 : 0);
      active.push(customerEvents(options, next, count));
      next += 1;
    }
    if (active.length === 0) return;
    const chosen = random.below(active.length);
    const item = active[chosen]?.next();
    if (item === undefined || item.done === true) active.splice(chosen, 1);
    else yield item.value;
  }
}

function* customerEvents(
  { seed, untilMs }: GeneratorOptions,
  customer: number,
  count: number,
): Generator<EventToSend> {
  const lifecycle = (timeAt: (elapsedMs: number) => number): Generator<GeneratedEvent, never> =>
    customerLifecycle({ random: new SeededRandom(`${seed}/${customer}`), timeAt });
  // Runs twice, because the length of the history determines the time of the first event.
  let historyMs = 0;
  for (const event of take(
    lifecycle((elapsedMs) => elapsedMs),
    count,
  )) {
    historyMs = Number(event['event_timestamp_ms']);
  }
  const scale = Math.min(1, maxHistoryMs / Math.max(1, historyMs));
  const timeAt = (elapsedMs: number): number => Math.round(untilMs - (historyMs - elapsedMs) * scale);
  for (const event of take(lifecycle(timeAt), count)) {
    yield { body: JSON.stringify({ api_version: '1.0', event }), orderKey: `customer ${customer}` };
  }
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  if (count === 0) return;
  for (const item of items) {
    yield item;
    taken += 1;
    if (taken === count) return;
  }
}
