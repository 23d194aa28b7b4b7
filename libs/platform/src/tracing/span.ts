import {
  type Context,
  defaultTextMapGetter,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';

/** Headers of a request or a record, some of which may belong to a trace. */
export type TraceableHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface Tracing {
  tracer: Tracer;
  propagator: TextMapPropagator;
  /** The sampler follows the decision of a parent, so that spans of unsampled traces need not be created at all. */
  followsParent: boolean;
  /** Decides whether the trace that the next span begins is sampled. */
  drawTrace: () => boolean;
}

let current: Tracing | undefined;

/** Turns tracing on for this process, or off. */
export function setTracing(tracing: Tracing | undefined): void {
  current = tracing;
}

/** Whether spans are created. Check it first, so that nothing is computed for spans that are not created. */
export function isTracing(): boolean {
  return current !== undefined;
}

/** Headers of the request or the record that a span continues. */
export interface RemoteParent {
  headers: TraceableHeaders;
  /** Another app has decided whether the trace is sampled, and wrote its headers only if it is. */
  isDecided?: boolean;
}

/**
 * Starts a span. Returns undefined while tracing is off, and if the remote parent is not sampled and its decision applies; with a
 * remote parent that belongs to no trace, also if the new trace is not sampled. Contexts are passed explicitly: nothing is ever the active span.
 *
 * @param describe called only if the span is not undefined: most events are not sampled, and must cost next to nothing
 * @param parent without a valid one, the span begins a trace
 */
export function startSpan(
  name: string,
  describe: () => SpanOptions,
  parent?: { span: Span | undefined } | RemoteParent,
): Span | undefined {
  if (current === undefined) return undefined;
  if (current.followsParent && parent !== undefined && 'headers' in parent) {
    if (isUnsampled(parent)) return undefined;
    if (parent.headers['traceparent'] === undefined && !current.drawTrace()) return undefined;
  }
  return current.tracer.startSpan(name, describe(), contextOf(current, parent));
}

function contextOf(
  { propagator }: Tracing,
  parent: { span: Span | undefined } | RemoteParent = { span: undefined },
): Context {
  if ('headers' in parent) return propagator.extract(ROOT_CONTEXT, parent.headers, defaultTextMapGetter);
  return parent.span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent.span);
}

/**
 * Returns the headers that continue the trace: those of the span or, without one, the received ones. None if it is not sampled and
 * that decision applies: each header of a record costs every app time.
 */
export function traceHeaders(received: TraceableHeaders, span: Span | undefined): Record<string, string> {
  const omitsUnsampled = current?.followsParent === true;
  if (span !== undefined) return omitsUnsampled && !isSampled(span) ? {} : headersOf(span);
  if (omitsUnsampled && isUnsampled({ headers: received })) return {};
  const headers: Record<string, string> = {};
  const [traceparent, tracestate] = [received['traceparent'], received['tracestate']].map((value) =>
    Array.isArray(value) ? value[0] : value,
  );
  if (traceparent === undefined) return headers;
  headers['traceparent'] = traceparent;
  if (tracestate !== undefined) headers['tracestate'] = tracestate;
  return headers;
}

/** As the SDK's propagator writes them, without the context that it requires for each span. */
function headersOf(span: Span): Record<string, string> {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    ...(traceState !== undefined && { tracestate: traceState.serialize() }),
  };
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparentPattern = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;
const flagsAt = 53;

/** Also true once it has ended, when it is not recording any more. */
function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Reads only the flags, because every event passes through here several times. */
function isUnsampled({ headers: { traceparent }, isDecided = false }: RemoteParent): boolean {
  if (traceparent === undefined) return isDecided;
  if (typeof traceparent !== 'string' || traceparent[flagsAt - 1] !== '-') return false;
  return (parseInt(traceparent.slice(flagsAt, flagsAt + 2), 16) & TraceFlags.SAMPLED) === 0;
}

/**
 * Returns the id of the trace of a span or, without one, of the received headers. Undefined if the trace is not sampled: there is
 * nothing to find under such an id.
 */
export function traceIdOf(received: TraceableHeaders, span?: Span): string | undefined {
  if (span !== undefined) return isSampled(span) ? span.spanContext().traceId : undefined;
  const { traceparent } = received;
  if (typeof traceparent !== 'string' || isUnsampled({ headers: received })) return undefined;
  return traceparentPattern.exec(traceparent)?.[1];
}

/** Links to a span; none if the span is not written, so that no link leads nowhere. */
export function linksTo(span: Span | undefined): Link[] {
  return span?.isRecording() === true ? [{ context: span.spanContext() }] : [];
}

/**
 * Marks a span as failed.
 *
 * @param cause a class of errors, or an error, of which only the name is used: messages may quote customers' data
 */
export function failSpan(span: Span | undefined, cause: unknown): void {
  if (span === undefined) return;
  span.setStatus({ code: SpanStatusCode.ERROR });
  const name = cause instanceof Error ? cause.name : '_OTHER';
  span.setAttribute('error.type', typeof cause === 'string' ? cause : name);
}
