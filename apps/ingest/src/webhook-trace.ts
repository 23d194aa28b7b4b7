import { failSpan, spanAttributes as attributes, startSpan, traceHeaders } from '@app/platform';
import { type Span, SpanKind } from '@opentelemetry/api';
import { type FastifyRequest } from 'fastify';
import { type IngestResult } from './ingest.stage';

/**
 * The trace of a webhook. It continues the sender's trace, and follows its decision to sample it, only if the sender is
 * authenticated: anyone else could have any number of requests sampled.
 */
export class WebhookTrace {
  private span: Span | undefined;
  private continued: Readonly<Record<string, string>> | undefined;

  /** Headers that continue the trace; none while the sender is not authenticated. */
  get headers(): Readonly<Record<string, string>> {
    return this.continued ?? {};
  }

  constructor(
    private readonly request: FastifyRequest,
    private readonly receivedAtMs: number,
  ) {}

  /** Returns the headers that continue the trace in Kafka. Call it once the sender is authenticated. */
  continue(): Readonly<Record<string, string>> {
    if (this.continued === undefined) {
      const { headers } = this.request;
      this.span = this.start({ headers });
      this.continued = traceHeaders(headers, this.span);
    }
    return this.continued;
  }

  /** Ends the span. The one of a sender that was not authenticated begins a trace of its own. */
  end(result: IngestResult): void {
    const span = this.continued === undefined ? this.start() : this.span;
    if (span?.isRecording() !== true) return;
    setOutcome(span, result);
    span.end();
  }

  /** The span has the route instead of the URL, which may contain anything. */
  private start(parent?: Parameters<typeof startSpan>[2]): Span | undefined {
    const { method, routeOptions } = this.request;
    const { url: route = '' } = routeOptions;
    return startSpan(
      `${method} ${route}`,
      () => ({
        kind: SpanKind.SERVER,
        startTime: this.receivedAtMs,
        attributes: { [attributes.method]: method, [attributes.route]: route },
      }),
      parent,
    );
  }
}

function setOutcome(span: Span, result: IngestResult): void {
  if (result.projectId !== undefined) span.setAttribute(attributes.projectId, result.projectId);
  if (result.kind === 'accepted') {
    span.setAttributes({
      [attributes.status]: 200,
      [attributes.outcome]: 'accepted',
      [attributes.eventId]: result.eventId,
      [attributes.eventType]: result.type,
    });
    return;
  }
  const { outcome, deadLetterReason, problem } = result;
  span.setAttributes({ [attributes.status]: problem.status, [attributes.outcome]: outcome });
  if (deadLetterReason !== undefined) span.setAttribute(attributes.reason, deadLetterReason);
  // For a server, the errors of its clients are not errors.
  if (problem.status >= 500) failSpan(span, outcome);
}
