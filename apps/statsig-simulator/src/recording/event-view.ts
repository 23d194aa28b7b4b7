import { apiKeyHeader } from '../statsig/endpoints';
import { type AcceptedRequest, type RecordedEvent } from './recorded-event';

/** An event as a row in a table. */
export function summaryOf(event: RecordedEvent) {
  return {
    seq: event.seq,
    id: event.id ?? null,
    userId: event.userId ?? null,
    name: event.name,
    value: event.value ?? null,
    environment: event.environment,
    ingested: event.ingestion === 'ingested',
    ingestion: event.ingestion,
    acceptance: event.acceptance,
    endpoint: event.request.endpoint,
    receivedAtMs: event.request.receivedAtMs,
  };
}

/** An event with its whole request. */
function fullView(event: RecordedEvent, body: unknown) {
  const { request } = event;
  return {
    ...summaryOf(event),
    event: singleEvent(event, body),
    body,
    rawBody: request.body.toString(),
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== apiKeyHeader)),
  };
}

/**
 * A page of events with their requests: as many as fit into `maxBytes` of bodies, but at least one. Each event includes the
 * whole body, so a page of 1,000 events could repeat a batch 1,000 times.
 */
export function fullPage(events: readonly RecordedEvent[], maxBytes: number) {
  const page: ReturnType<typeof fullView>[] = [];
  let bytes = 0;
  let parsed: { request: AcceptedRequest; body: unknown } | undefined;
  for (const event of events) {
    bytes += event.request.body.length;
    if (page.length > 0 && bytes > maxBytes) break;
    if (parsed?.request !== event.request) {
      parsed = { request: event.request, body: JSON.parse(event.request.body.toString()) as unknown };
    }
    page.push(fullView(event, parsed.body));
  }
  return page;
}

/** The event itself, without its envelope or batch. */
function singleEvent({ request, index }: RecordedEvent, body: unknown): unknown {
  switch (request.endpoint) {
    case 'revenuecat':
      return (body as { event: unknown }).event;
    case 'log_event':
      return (body as { events: unknown[] }).events[index];
    case 'event_webhook':
      return body;
  }
}
