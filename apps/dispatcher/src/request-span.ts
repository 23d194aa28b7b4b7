import { type Verdict } from '@app/delivery';
import { failSpan, linksTo, spanAttributes as attributes, startSpan } from '@app/platform';
import { type StatsigEndpoint } from '@app/statsig';
import { type Span, SpanKind } from '@opentelemetry/api';
import { type PendingDelivery } from './pending-delivery';

/**
 * Starts the span of a request to Statsig. That of a single event is part of the event's trace; that of several begins a trace,
 * and links to the spans of all of them, as they do to it. Undefined if none of the events has a span.
 */
export function startRequestSpan(
  events: readonly PendingDelivery[],
  { address, port, path }: StatsigEndpoint,
): Span | undefined {
  if (events.every(({ record }) => record.span === undefined)) return undefined;
  const [first, ...others] = events;
  const parent = others.length === 0 ? first?.record.span : undefined;
  const resends = Math.max(...events.map(({ progress }) => progress.attempts)) - 1;
  const span = startSpan(
    `POST ${path}`,
    () => ({
      kind: SpanKind.CLIENT,
      attributes: {
        [attributes.method]: 'POST',
        [attributes.urlTemplate]: path,
        [attributes.serverAddress]: address,
        [attributes.serverPort]: port,
        [attributes.messageCount]: events.length,
        ...(first !== undefined && { [attributes.projectId]: first.projectId }),
        ...(resends > 0 && { [attributes.resendCount]: resends }),
      },
      links: parent === undefined ? events.flatMap(({ record }) => linksTo(record.span)) : [],
    }),
    { span: parent },
  );
  if (parent === undefined) for (const { record } of events) record.span?.addLinks(linksTo(span));
  return span;
}

/** Ends the span of a request, and adds the attempt to the span of each event. */
export function endRequestSpan(
  span: Span | undefined,
  events: readonly PendingDelivery[],
  { verdict, status }: { verdict: Verdict; status?: number },
): void {
  const result = {
    [attributes.outcome]: verdict.kind,
    ...(verdict.kind !== 'accepted' && { [attributes.reason]: verdict.reason }),
    ...(status !== undefined && { [attributes.status]: status }),
  };
  span?.setAttributes(result);
  if (verdict.kind !== 'accepted') failSpan(span, status === undefined ? verdict.reason : String(status));
  span?.end();
  for (const { record, progress } of events)
    record.span?.addEvent('delivery attempt', { ...result, [attributes.attempt]: progress.attempts });
}
