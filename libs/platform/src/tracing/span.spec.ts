import { RecordedSpans } from '@app/testing';
import { SpanStatusCode } from '@opentelemetry/api';
import { AlwaysOffSampler, AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { failSpan, isTracing, linksTo, startSpan, traceHeaders, traceIdOf } from './span';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('while tracing is off', () => {
  it('no span is created', () => {
    expect(isTracing()).toBe(false);
    expect(startSpan('name', () => ({}))).toBeUndefined();
  });

  it('received trace headers are passed on, whatever they contain', () => {
    const headers = { traceparent, tracestate: 'vendor=1', authorization: 'Bearer x' };
    expect(traceHeaders(headers, undefined)).toEqual({ traceparent, tracestate: 'vendor=1' });
    expect(traceHeaders({ traceparent: ['a', 'b'] }, undefined)).toEqual({ traceparent: 'a' });
    expect(traceHeaders({ tracestate: 'vendor=1' }, undefined)).toEqual({});
  });

  it.each([
    [traceparent, traceId],
    [`01-${traceId}-00f067aa0ba902b7-01-more`, traceId],
    [`00-${traceId}-00f067aa0ba902b7-00`, undefined],
    [`00-${traceId}-00f067aa0ba902b7-02`, undefined],
    [`00-${traceId}-00f067aa0ba902b7-03`, traceId],
    [`00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
    [`ff-${traceId}-00f067aa0ba902b7-01`, undefined],
    ['x', undefined],
    [undefined, undefined],
  ])('the trace id in %s is %s', (header, expected) => {
    expect(traceIdOf({ traceparent: header })).toBe(expected);
  });
});

describe('a span', () => {
  let spans: RecordedSpans;

  afterEach(() => {
    spans.stop();
  });

  it('replaces the received trace headers by its own', () => {
    spans = RecordedSpans.start();
    const span = startSpan('child', () => ({}), { headers: { traceparent, tracestate: 'vendor=1' } });
    const { spanId } = span?.spanContext() ?? {};
    expect(traceHeaders({ traceparent: 'other' }, span)).toEqual({
      traceparent: `00-${traceId}-${spanId ?? ''}-01`,
      tracestate: 'vendor=1',
    });
    expect(traceIdOf({ traceparent: 'other' }, span)).toBe(traceId);
  });

  it('is not created if the remote parent is not sampled, nor are its headers passed on', () => {
    spans = RecordedSpans.start();
    const headers = { traceparent: traceparent.replace(/01$/, '00') };
    expect(startSpan('child', () => ({}), { headers })).toBeUndefined();
    expect(startSpan('child', () => ({}), { headers: {}, isDecided: true })).toBeUndefined();
    expect(traceHeaders(headers, undefined)).toEqual({});
  });

  it('of a trace that is sampled continues it, whoever decided', () => {
    spans = RecordedSpans.start();
    const span = startSpan('child', () => ({}), { headers: { traceparent }, isDecided: true });
    expect(span?.spanContext().traceId).toBe(traceId);
  });

  it('begins a trace if each app decides for itself', () => {
    spans = RecordedSpans.start(new AlwaysOnSampler());
    expect(startSpan('child', () => ({}), { headers: {}, isDecided: true })?.isRecording()).toBe(true);
  });

  it('that the sampler rejects passes on its decision, and has neither links nor a trace id', () => {
    spans = RecordedSpans.start(new AlwaysOffSampler());
    const span = startSpan('unsampled', () => ({}));
    expect(linksTo(span)).toEqual([]);
    expect(traceIdOf({ traceparent }, span)).toBeUndefined();
    expect(traceHeaders({}, span)['traceparent']).toMatch(/-00$/);
    span?.end();
    expect(spans.all).toEqual([]);
  });

  it('fails with the name of an error, but without its message', () => {
    spans = RecordedSpans.start();
    const span = startSpan('failing', () => ({}));
    failSpan(span, new RangeError('quotes a customer'));
    span?.end();
    const { status, attributes, events } = spans.only('failing');
    expect([status, attributes, events]).toEqual([
      { code: SpanStatusCode.ERROR },
      { 'error.type': 'RangeError' },
      [],
    ]);
  });
});
