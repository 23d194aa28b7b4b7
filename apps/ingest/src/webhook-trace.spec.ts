import { RecordedSpans } from '@app/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type FastifyRequest } from 'fastify';
import { type IngestResult } from './ingest.stage';
import { kafkaUnavailable, rejection } from './rejection';
import { WebhookTrace } from './webhook-trace';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const route = '/v1/projects/:projectId/webhooks/revenuecat';
const request = {
  method: 'POST',
  url: '/v1/projects/shop/webhooks/revenuecat?project=secret',
  routeOptions: { url: route },
  headers: { authorization: 'Bearer secret', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
} as unknown as FastifyRequest;

describe('the span of a webhook', () => {
  let spans: RecordedSpans;

  beforeEach(() => {
    spans = RecordedSpans.start();
  });

  afterEach(() => {
    spans.stop();
  });

  const spanOf = (result: IngestResult, isAuthenticated = true) => {
    const trace = new WebhookTrace(request, Date.now());
    if (isAuthenticated) trace.continue();
    trace.end(result);
    return spans.only(`POST ${route}`);
  };

  it('continues the trace of an authenticated sender, and has its route, its event and no credentials', () => {
    const span = spanOf({ kind: 'accepted', projectId: 'shop', eventId: 'e1', type: 'RENEWAL' });
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': route,
      'http.response.status_code': 200,
      'rcstatsig.project.id': 'shop',
      'rcstatsig.outcome': 'accepted',
      'revenuecat.event.id': 'e1',
      'revenuecat.event.type': 'RENEWAL',
    });
  });

  it('has the outcome of a rejection, which is not an error of the server', () => {
    const rejected = rejection('unauthorized', { status: 401, detail: 'quoted' });
    const span = spanOf({ ...rejected, projectId: undefined }, false);
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toMatchObject({
      'http.response.status_code': 401,
      'rcstatsig.outcome': 'unauthorized',
    });
    expect(JSON.stringify(span.attributes)).not.toContain('quoted');
  });

  it('does not follow the trace of a sender that is not authenticated', () => {
    const rejected = rejection('unauthorized', { status: 401, detail: '' });
    const span = spanOf({ ...rejected, projectId: undefined }, false);
    expect(span.spanContext().traceId).not.toBe(traceId);
    expect(span.parentSpanContext).toBeUndefined();
  });

  it('leaves no header in Kafka if it is not sampled', () => {
    const unsampled = { ...request, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-00` } };
    const trace = new WebhookTrace(unsampled, Date.now());
    expect(trace.continue()).toEqual({});
    trace.end({ kind: 'accepted', projectId: 'shop', eventId: 'e1', type: 'RENEWAL' });
    expect(spans.all).toEqual([]);
  });

  it('has one span, however often the trace is continued', () => {
    const trace = new WebhookTrace(request, Date.now());
    expect(trace.continue()).toEqual(trace.continue());
    trace.end({ kind: 'accepted', projectId: 'shop', eventId: 'e1', type: 'RENEWAL' });
    expect(spans.only(`POST ${route}`).spanContext().spanId).toBe(
      trace.headers['traceparent']?.split('-')[2],
    );
  });

  it('fails if Kafka is unavailable', () => {
    const span = spanOf({ ...kafkaUnavailable, projectId: 'shop' });
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['error.type']).toBe('unavailable');
  });
});
