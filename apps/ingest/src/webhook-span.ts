import { failSpan, spanAttributes as attributes, startSpan } from '@app/platform';
import { type Span, SpanKind } from '@opentelemetry/api';
import { type FastifyRequest } from 'fastify';
import { type IngestResult } from './ingest.stage';

/** Starts the span of a webhook. It has the route instead of the URL, which may contain anything. */
export function startWebhookSpan({ method, routeOptions, headers }: FastifyRequest): Span | undefined {
  const { url: route = '' } = routeOptions;
  return startSpan(
    `${method} ${route}`,
    { kind: SpanKind.SERVER, attributes: { [attributes.method]: method, [attributes.route]: route } },
    { headers },
  );
}

export function endWebhookSpan(span: Span | undefined, result: IngestResult): void {
  if (span === undefined) return;
  if (result.projectId !== undefined) span.setAttribute(attributes.projectId, result.projectId);
  if (result.kind === 'accepted') {
    span.setAttributes({
      [attributes.status]: 200,
      [attributes.outcome]: 'accepted',
      [attributes.eventId]: result.eventId,
      [attributes.eventType]: result.type,
    });
  } else {
    const { outcome, deadLetterReason, problem } = result;
    span.setAttributes({ [attributes.status]: problem.status, [attributes.outcome]: outcome });
    if (deadLetterReason !== undefined) span.setAttribute(attributes.reason, deadLetterReason);
    // For a server, the errors of its clients are not errors.
    if (problem.status >= 500) failSpan(span, outcome);
  }
  span.end();
}
