import { type Receipt } from '@app/delivery';
import { type ProducedRecord } from '@app/kafka';
import { type OutgoingEvent } from './outgoing-event';

/** A line of the event's history. */
export function receiptRecord(
  topic: string,
  event: OutgoingEvent,
  outcome: Omit<
    Receipt,
    'eventId' | 'sourceEventId' | 'projectId' | 'type' | 'attempt' | 'sinceReceivedMs' | 'enrichment'
  >,
): ProducedRecord {
  const { head, progress, customerKey } = event;
  const receipt: Receipt = {
    eventId: head.eventId,
    sourceEventId: head.sourceEventId,
    projectId: head.projectId,
    type: head.type,
    attempt: progress.attempts,
    sinceReceivedMs: Math.max(0, Math.round(outcome.atMs - head.receivedAtMs)),
    ...(head.enrichment !== undefined && { enrichment: head.enrichment }),
    ...outcome,
  };
  return { topic, key: customerKey, value: JSON.stringify(receipt) };
}
