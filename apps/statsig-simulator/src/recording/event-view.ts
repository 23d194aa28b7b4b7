import { apiKeyHeader } from '../statsig/endpoints';
import { type Arrival, type RecordedEvent } from './recorded-event';

/** An event in a line: what a table of events shows. */
export function summaryOf(event: RecordedEvent) {
  return {
    seq: event.seq,
    id: event.id ?? null,
    userId: event.userId ?? null,
    name: event.name,
    value: event.value ?? null,
    currency: event.currency ?? null,
    environment: event.environment,
    ingested: event.ingestion === 'ingested',
    ingestion: event.ingestion,
    acceptance: event.acceptance,
    endpoint: event.arrival.endpoint,
    receivedAtMs: event.arrival.receivedAtMs,
  };
}

/** An event with all that was received with it. */
export function wholeOf(event: RecordedEvent, body: unknown) {
  const { arrival } = event;
  return {
    ...summaryOf(event),
    event: singleEvent(event, body),
    body,
    rawBody: arrival.body.toString(),
    headers: Object.fromEntries(Object.entries(arrival.headers).filter(([name]) => name !== apiKeyHeader)),
  };
}

/**
 * Events whole, as many as fit into `maxBytes` of bodies, at least one: each event of a batch shows the batch,
 * so a thousand of them would be a thousand batches.
 */
export function wholePage(events: readonly RecordedEvent[], maxBytes: number) {
  const page: ReturnType<typeof wholeOf>[] = [];
  let bytes = 0;
  let parsed: { arrival: Arrival; body: unknown } | undefined;
  for (const event of events) {
    bytes += event.arrival.body.length;
    if (page.length > 0 && bytes > maxBytes) break;
    if (parsed?.arrival !== event.arrival) {
      parsed = { arrival: event.arrival, body: JSON.parse(event.arrival.body.toString()) as unknown };
    }
    page.push(wholeOf(event, parsed.body));
  }
  return page;
}

/** The one event, out of its envelope or its batch. */
function singleEvent({ arrival, index }: RecordedEvent, body: unknown): unknown {
  switch (arrival.endpoint) {
    case 'revenuecat':
      return (body as { event: unknown }).event;
    case 'log_event':
      return (body as { events: unknown[] }).events[index];
    case 'event_webhook':
      return body;
  }
}
