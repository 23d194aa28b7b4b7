import { startSpan } from '@app/platform';
import { RecordedSpans } from '@app/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { pendingDelivery, type TestDelivery } from '../test/deliveries';
import { endRequestSpan, startRequestSpan } from './request-span';

const endpoint = { address: 'api.statsig.com', port: 443, path: '/v1/webhooks/revenuecat' };
const name = `POST ${endpoint.path}`;

function tracedDelivery(id: string, attempts = 1): TestDelivery {
  const delivery = pendingDelivery(id);
  delivery.progress.attempts = attempts;
  delivery.record.span = startSpan(`process ${id}`, () => ({}));
  return delivery;
}

describe('the span of a request', () => {
  let spans: RecordedSpans;

  beforeEach(() => {
    spans = RecordedSpans.start();
  });

  afterEach(() => {
    spans.stop();
  });

  it('is part of the trace of its only event, whose span has the attempt', () => {
    const event = tracedDelivery('ann/1', 3);
    endRequestSpan(startRequestSpan([event], endpoint), [event], {
      verdict: { kind: 'accepted' },
      status: 202,
    });
    event.record.span?.end();
    const request = spans.only(name);
    const processing = spans.only('process ann/1');
    expect(request.kind).toBe(SpanKind.CLIENT);
    expect(request.parentSpanContext?.spanId).toBe(processing.spanContext().spanId);
    expect(request.links).toEqual([]);
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'url.template': endpoint.path,
      'server.address': 'api.statsig.com',
      'server.port': 443,
      'messaging.batch.message_count': 1,
      'rcstatsig.project.id': 'acme',
      'http.request.resend_count': 2,
      'http.response.status_code': 202,
      'rcstatsig.outcome': 'accepted',
    });
    expect(processing.events).toMatchObject([
      {
        name: 'delivery attempt',
        attributes: {
          'rcstatsig.attempt': 3,
          'rcstatsig.outcome': 'accepted',
          'http.response.status_code': 202,
        },
      },
    ]);
  });

  it('begins a trace if it carries several events, and links to all of them, as they do to it', () => {
    const events = ['ann/1', 'bob/1'].map((id) => tracedDelivery(id));
    endRequestSpan(startRequestSpan(events, endpoint), events, {
      verdict: { kind: 'accepted' },
      status: 200,
    });
    for (const { record } of events) record.span?.end();
    const request = spans.only(name);
    const processing = [spans.only('process ann/1'), spans.only('process bob/1')];
    expect(request.parentSpanContext).toBeUndefined();
    expect(request.links.map(({ context }) => context.spanId)).toEqual(
      processing.map((span) => span.spanContext().spanId),
    );
    for (const { links } of processing)
      expect(links.map(({ context }) => context.spanId)).toEqual([request.spanContext().spanId]);
  });

  it('does not exist if no event is sampled', () => {
    const events = [pendingDelivery('ann/1'), pendingDelivery('bob/1')];
    expect(startRequestSpan(events, endpoint)).toBeUndefined();
    endRequestSpan(undefined, events, { verdict: { kind: 'accepted' }, status: 200 });
    expect(spans.all).toEqual([]);
  });

  it('fails with the status or the reason, and without the detail, which may quote an event', () => {
    const event = tracedDelivery('ann/1');
    const verdict = { kind: 'retry', reason: 'statsig_timeout', detail: 'quotes', ambiguous: true } as const;
    endRequestSpan(startRequestSpan([event], endpoint), [event], { verdict });
    event.record.span?.end();
    const request = spans.only(name);
    expect(request.status.code).toBe(SpanStatusCode.ERROR);
    expect(request.attributes).toMatchObject({
      'error.type': 'statsig_timeout',
      'rcstatsig.reason': 'statsig_timeout',
    });
    const all = spans.all.map(({ attributes, events }) => [attributes, events]);
    expect(JSON.stringify(all)).not.toContain('quotes');
  });
});
