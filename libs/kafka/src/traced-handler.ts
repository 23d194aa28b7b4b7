import { failSpan, isTracing, linksTo, spanAttributes as attributes, startSpan } from '@app/platform';
import { type Span, SpanKind } from '@opentelemetry/api';
import { type BatchHandler, type ConsumedBatch } from './batch';
import { type ConsumedRecord } from './records';

/**
 * Makes spans of a handler's work: one of the batch, and one of each record, which continues the trace in its headers and
 * ends when the record is acked or left. They link to each other.
 */
export function tracedHandler(handler: BatchHandler, groupId: string): BatchHandler {
  return (batch) => (isTracing() ? handleTraced(batch, handler, groupId) : handler(batch));
}

async function handleTraced(batch: ConsumedBatch, handler: BatchHandler, groupId: string): Promise<void> {
  const { topic, partition, records } = batch;
  const source = {
    [attributes.system]: 'kafka',
    [attributes.destination]: topic,
    [attributes.partition]: String(partition),
    [attributes.group]: groupId,
    [attributes.operationType]: 'process',
  };
  const batchSpan = startSpan(`process_batch ${topic}`, {
    kind: SpanKind.CONSUMER,
    attributes: {
      ...source,
      [attributes.operationName]: 'process_batch',
      [attributes.messageCount]: records.length,
    },
  });
  const open = new Map<ConsumedRecord, Span>();
  for (const record of records) {
    record.span = startSpan(
      `process ${topic}`,
      {
        kind: SpanKind.CONSUMER,
        attributes: { ...source, [attributes.operationName]: 'process', [attributes.offset]: record.offset },
        links: linksTo(batchSpan),
      },
      { headers: record.headers },
    );
    if (record.span === undefined) continue;
    open.set(record, record.span);
    batchSpan?.addLinks(linksTo(record.span));
  }
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
    batchSpan?.end();
  }
}
