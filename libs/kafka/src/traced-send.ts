import { failSpan, spanAttributes as attributes, startSpan, traceHeaders } from '@app/platform';
import { type Span, SpanKind } from '@opentelemetry/api';
import { headerNames } from './headers';
import { RecordsRejectedError } from './kafka-errors';
import { type ProducedRecord } from './records';

/**
 * Sends records with a span for each that belongs to a trace. Its headers then continue the trace from that span.
 *
 * @param send as {@link RecordProducer.send}
 */
export async function sendTraced(
  records: readonly ProducedRecord[],
  send: (records: readonly ProducedRecord[]) => Promise<void>,
): Promise<void> {
  const started = records.map(startSendSpan);
  if (started.every((span) => span === undefined)) return send(records);
  const spans = new Map<ProducedRecord, Span>();
  const originals = new Map<ProducedRecord, ProducedRecord>();
  const traced = records.map((record, i) => {
    const span = started[i];
    if (span === undefined) return record;
    const copy = { ...record, headers: { ...record.headers, ...traceHeaders({}, span) } };
    originals.set(copy, record);
    spans.set(copy, span);
    return copy;
  });
  try {
    await send(traced);
  } catch (error) {
    const rejected = error instanceof RecordsRejectedError ? error.rejected : undefined;
    const failed = rejected === undefined ? spans.keys() : rejected.map(({ record }) => record);
    for (const record of failed) failSpan(spans.get(record), error);
    if (rejected === undefined) throw error;
    // The caller knows its own records.
    throw new RecordsRejectedError(
      rejected.map((one) => ({ ...one, record: originals.get(one.record) ?? one.record })),
    );
  } finally {
    for (const span of spans.values()) span.end();
  }
}

function startSendSpan({ topic, headers = {} }: ProducedRecord): Span | undefined {
  if (headers[headerNames.traceparent] === undefined) return undefined;
  return startSpan(
    `send ${topic}`,
    () => {
      // Other producers can put any text into the headers of what becomes a dead letter.
      const id = headerNames.deadLetterReason in headers ? undefined : headers[headerNames.eventId];
      return {
        kind: SpanKind.PRODUCER,
        attributes: {
          [attributes.system]: 'kafka',
          [attributes.destination]: topic,
          [attributes.operationName]: 'send',
          [attributes.operationType]: 'send',
          ...(id !== undefined && { [attributes.messageId]: id }),
        },
      };
    },
    { headers },
  );
}
