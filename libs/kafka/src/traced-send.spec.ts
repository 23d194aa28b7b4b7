import { RecordedSpans } from '@app/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { headerNames } from './headers';
import { KafkaUnavailableError, RecordsRejectedError } from './kafka-errors';
import { type ProducedRecord } from './records';
import { sendTraced } from './traced-send';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

const recordWith = (eventId: string, headers: Record<string, string> = {}): ProducedRecord => ({
  topic: 'deliveries',
  key: 'customer',
  value: 'body',
  headers: {
    [headerNames.eventId]: eventId,
    [headerNames.traceparent]: `00-${traceId}-${parentId}-01`,
    ...headers,
  },
});

describe('the spans of sent records', () => {
  let spans: RecordedSpans;

  beforeEach(() => {
    spans = RecordedSpans.start();
  });

  afterEach(() => {
    spans.stop();
  });

  it('continue the trace of each record, whose headers then name them as the parent', async () => {
    const sent: ProducedRecord[] = [];
    const record = recordWith('e1');
    await sendTraced([record], (records) => {
      sent.push(...records);
      return Promise.resolve();
    });
    const span = spans.only('send deliveries');
    expect(span.kind).toBe(SpanKind.PRODUCER);
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext?.spanId).toBe(parentId);
    expect(span.attributes).toEqual({
      'messaging.system': 'kafka',
      'messaging.destination.name': 'deliveries',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.message.id': 'e1',
    });
    expect(sent).toEqual([
      {
        ...record,
        headers: { ...record.headers, traceparent: `00-${traceId}-${span.spanContext().spanId}-01` },
      },
    ]);
    expect(record).toEqual(recordWith('e1'));
  });

  it('do not exist for records that belong to no trace, such as receipts', async () => {
    const receipt = { topic: 'receipts', key: 'customer', value: '{}' };
    const send = jest.fn(() => Promise.resolve());
    await sendTraced([receipt], send);
    expect(send).toHaveBeenCalledWith([receipt]);
    expect(spans.all).toEqual([]);
  });

  it('do not repeat the event id in a header of a dead letter, which can be any text', async () => {
    const letter = recordWith('Ann Smith', { [headerNames.deadLetterReason]: 'not_json' });
    await sendTraced([letter], () => Promise.resolve());
    expect(JSON.stringify(spans.only('send deliveries').attributes)).not.toContain('Ann');
  });

  it('fail for the rejected records only, and the caller learns which of its records these are', async () => {
    const [good, large] = [recordWith('good'), recordWith('large')];
    const failure = await sendTraced([good, large], ([, copy]) =>
      Promise.reject(
        new RecordsRejectedError(copy === undefined ? [] : [{ record: copy, reason: 'too_large' }]),
      ),
    ).catch((error: unknown) => error);
    expect((failure as RecordsRejectedError).rejected.map(({ record }) => record === large)).toEqual([true]);
    expect(
      spans.all.map(({ attributes, status }) => [attributes['messaging.message.id'], status.code]),
    ).toEqual([
      ['good', SpanStatusCode.UNSET],
      ['large', SpanStatusCode.ERROR],
    ]);
  });

  it('fail together if Kafka is unavailable', async () => {
    const error = new KafkaUnavailableError('the deadline has passed');
    await expect(sendTraced([recordWith('a'), recordWith('b')], () => Promise.reject(error))).rejects.toBe(
      error,
    );
    expect(spans.all.map(({ attributes }) => attributes['error.type'])).toEqual(
      Array(2).fill('KafkaUnavailableError'),
    );
  });
});
