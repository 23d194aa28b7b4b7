import { failSpan, isTracing, linksTo, spanAttributes as attributes, startSpan } from '@app/platform';
import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import { type BatchHandler, type ConsumedBatch } from './batch';
import { type ConsumedRecord } from './records';

export interface TracedHandlerOptions {
  groupId: string;
  /** Whether an app of the pipeline wrote the record, and decided whether its trace is sampled. By default, none did. */
  isTraceDecided?: (record: ConsumedRecord) => boolean;
}

/**
 * Makes spans of a handler's work: one of each record, which continues the trace in its headers and ends when the record is
 * acked or left, and one of the batch if any of them is written. They link to each other.
 */
export function tracedHandler(handler: BatchHandler, options: TracedHandlerOptions): BatchHandler {
  return (batch) => (isTracing() ? handleTraced(batch, handler, options) : handler(batch));
}

async function handleTraced(
  batch: ConsumedBatch,
  handler: BatchHandler,
  options: TracedHandlerOptions,
): Promise<void> {
  const open = startRecordSpans(batch, options);
  const batchSpan = startBatchSpan(batch, options, [...open.values()]);
  if (batchSpan === undefined) return handler(batch);
  const end = (record: ConsumedRecord, outcome?: string): void => {
    const span = open.get(record);
    if (outcome !== undefined) span?.setAttribute(attributes.outcome, outcome);
    span?.end();
    open.delete(record);
  };
  const traced: ConsumedBatch = {
    ...batch,
    ack: (record) => {
      batch.ack(record);
      end(record);
    },
    leave: (record) => {
      batch.leave(record);
      end(record, 'left');
    },
  };
  try {
    await handler(traced);
    // They were revoked.
    for (const record of open.keys()) end(record, 'left');
  } catch (error) {
    for (const span of [batchSpan, ...open.values()]) failSpan(span, error);
    for (const record of open.keys()) end(record);
    throw error;
  } finally {
    batchSpan.end();
  }
}

/** Gives each record its span. Returns those that are written. */
function startRecordSpans(
  { topic, partition, records }: ConsumedBatch,
  { groupId, isTraceDecided = () => false }: TracedHandlerOptions,
): Map<ConsumedRecord, Span> {
  const written = new Map<ConsumedRecord, Span>();
  for (const record of records) {
    record.span = startSpan(
      `process ${topic}`,
      () => ({
        kind: SpanKind.CONSUMER,
        attributes: {
          ...sourceAttributes(topic, partition, groupId),
          [attributes.operationName]: 'process',
          [attributes.offset]: record.offset,
        },
      }),
      { headers: record.headers, isDecided: isTraceDecided(record) },
    );
    if (record.span?.isRecording() === true) written.set(record, record.span);
  }
  return written;
}

/** Returns undefined if no span of a record is written: a batch is of interest because of them. */
function startBatchSpan(
  { topic, partition, records }: ConsumedBatch,
  { groupId }: TracedHandlerOptions,
  spans: readonly Span[],
): Span | undefined {
  if (spans.length === 0) return undefined;
  const batchSpan = startSpan(`process_batch ${topic}`, () => ({
    kind: SpanKind.CONSUMER,
    attributes: {
      ...sourceAttributes(topic, partition, groupId),
      [attributes.operationName]: 'process_batch',
      [attributes.messageCount]: records.length,
    },
    links: spans.flatMap(linksTo),
  }));
  for (const span of spans) span.addLinks(linksTo(batchSpan));
  return batchSpan;
}

function sourceAttributes(topic: string, partition: number, groupId: string): Attributes {
  return {
    [attributes.system]: 'kafka',
    [attributes.destination]: topic,
    [attributes.partition]: String(partition),
    [attributes.group]: groupId,
    [attributes.operationType]: 'process',
  };
}
