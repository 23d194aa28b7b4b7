import { traceHeaders } from '@app/platform';
import { RecordedSpans } from '@app/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type ConsumedBatch } from './batch';
import { type ConsumedRecord } from './records';
import { tracedHandler } from './traced-handler';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

const record = (offset: number, headers: Record<string, string> = {}): ConsumedRecord => ({
  topic: 'events',
  partition: 2,
  offset,
  timestampMs: 0,
  key: Buffer.from('customer'),
  value: Buffer.from('body'),
  headers,
});

const batchOf = (...records: ConsumedRecord[]): ConsumedBatch => ({
  topic: 'events',
  partition: 2,
  records,
  signal: new AbortController().signal,
  ack: () => undefined,
  leave: () => undefined,
});

const ackAll = (batch: ConsumedBatch): Promise<void> => {
  batch.records.forEach(batch.ack);
  return Promise.resolve();
};

describe('the spans of a batch', () => {
  let spans: RecordedSpans;

  beforeEach(() => {
    spans = RecordedSpans.start();
  });

  afterEach(() => {
    spans.stop();
  });

  it('continue the trace of each record, and begin one for a record without a trace', async () => {
    const traced = record(7, { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'vendor=1' });
    await tracedHandler(ackAll, { groupId: 'mapper' })(batchOf(traced, record(8)));
    const [first, second] = spans.named('process events');
    expect(first?.spanContext().traceId).toBe(traceId);
    expect(first?.parentSpanContext?.spanId).toBe(parentId);
    expect(first?.kind).toBe(SpanKind.CONSUMER);
    expect(first?.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.destination.name': 'events',
      'messaging.destination.partition.id': '2',
      'messaging.kafka.offset': 7,
      'messaging.consumer.group.name': 'mapper',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
    });
    expect(second?.parentSpanContext).toBeUndefined();
    expect(second?.spanContext().traceId).not.toBe(traceId);
    expect(traceHeaders({}, traced.span)).toEqual({
      traceparent: `00-${traceId}-${first?.spanContext().spanId ?? ''}-01`,
      tracestate: 'vendor=1',
    });
  });

  it('link to the span of the batch, and it links to them', async () => {
    await tracedHandler(ackAll, { groupId: 'mapper' })(batchOf(record(1), record(2)));
    const batch = spans.only('process_batch events');
    const events = spans.named('process events');
    expect(batch.attributes['messaging.batch.message_count']).toBe(2);
    expect(batch.links.map(({ context }) => context.spanId)).toEqual(
      events.map((span) => span.spanContext().spanId),
    );
    for (const { links } of events)
      expect(links.map(({ context }) => context.spanId)).toEqual([batch.spanContext().spanId]);
  });

  it('do not exist for a record whose trace is not sampled, which its headers or their absence say', async () => {
    const records = [
      record(1, { traceparent: `00-${traceId}-${parentId}-00` }),
      record(2, { source: 'webhook' }),
    ];
    const isTraceDecided = ({ headers }: ConsumedRecord) => headers['source'] === 'webhook';
    await tracedHandler(ackAll, { groupId: 'mapper', isTraceDecided })(batchOf(...records));
    expect(spans.all).toEqual([]);
    expect(records.map(({ headers, span }) => traceHeaders(headers, span))).toEqual([{}, {}]);
  });

  it('end when their record is acked or left, also if that is long after the others', async () => {
    const [first, second, third] = [record(1), record(2), record(3)];
    await tracedHandler(
      (batch) => {
        batch.ack(second);
        expect(
          spans.named('process events').map(({ attributes }) => attributes['messaging.kafka.offset']),
        ).toEqual([2]);
        batch.leave(first);
        expect(spans.named('process events')[1]?.attributes['rcstatsig.outcome']).toBe('left');
        // The third is revoked.
        return Promise.resolve();
      },
      { groupId: 'mapper' },
    )(batchOf(first, second, third));
    expect(spans.named('process events')[2]?.attributes['rcstatsig.outcome']).toBe('left');
  });

  it('fail with the batch, without the message of its error', async () => {
    const failing = tracedHandler(() => Promise.reject(new TypeError('quotes a customer')), {
      groupId: 'mapper',
    });
    await expect(failing(batchOf(record(1)))).rejects.toThrow('quotes a customer');
    for (const { status, attributes, events } of spans.all) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR });
      expect(attributes['error.type']).toBe('TypeError');
      expect(events).toEqual([]);
    }
    expect(spans.all).toHaveLength(2);
  });

  it('do not exist while tracing is off', async () => {
    spans.stop();
    const batch = batchOf(record(1));
    const handler = jest.fn(ackAll);
    await tracedHandler(handler, { groupId: 'mapper' })(batch);
    expect(handler.mock.calls[0]?.[0]).toBe(batch);
    expect(batch.records[0]?.span).toBeUndefined();
    expect(spans.all).toEqual([]);
  });
});
