import { encodeDelivery, type Receipt } from '@app/delivery';
import {
  deadLetter,
  deliveriesTopic,
  headerNames,
  partitionOf,
  type ProducedRecord,
  sizeOf,
  type TopicNames,
} from '@app/kafka';
import { customerKeyOf } from '@app/revenuecat';
import { type Identified, type Readable, type Unusable } from './arrival';
import { type Knowledge } from './learn';
import { type KeyedDelivery, mapEvent } from './map-event';

export interface Writing {
  topics: TopicNames;
  /** Maximum size of a delivery's record: key, value and headers. */
  maxRecordBytes: number;
  nowMs: number;
}

/** What a record becomes: deliveries, or a receipt that says why there is none, or a dead letter with its receipt. */
export function recordsOf(
  arrival: Readable | Unusable,
  known: Knowledge | undefined,
  writing: Writing,
): ProducedRecord[] {
  if (arrival.kind === 'unusable') return asDeadLetter(arrival, writing);
  const { profiles = [], isLookupMissing = false } = known ?? {};
  const replay = arrival.record.headers[headerNames.replay];
  const mapped = mapEvent({
    ...arrival,
    known: profiles,
    isLookupMissing,
    ...(replay !== undefined && { replay }),
  });
  switch (mapped.kind) {
    case 'mapped': {
      const records = mapped.deliveries.map((delivery) => deliveryRecord(delivery, arrival, writing));
      const largest = Math.max(...records.map(sizeOf));
      if (largest <= writing.maxRecordBytes) return records;
      const detail = `With what is known of the customer the event has ${largest} bytes; at most ${writing.maxRecordBytes} fit (TOPIC_MAX_MESSAGE_BYTES).`;
      return asDeadLetter(unusable(arrival, 'too_large', detail), writing);
    }
    case 'filtered': {
      const { reason, detail } = mapped;
      return [receipt(arrival, { outcome: 'filtered', reason, detail }, writing)];
    }
    case 'unmappable':
      return asDeadLetter(unusable(arrival, mapped.reason, mapped.detail), writing);
  }
}

/** A dead letter of a record that turned out to be of no use after it was read. */
export function unusable(arrival: Readable | Unusable, reason: string, detail: string): Unusable {
  const event = arrival.kind === 'readable' ? arrival : arrival.event;
  return { kind: 'unusable', record: arrival.record, ...(event !== undefined && { event }), reason, detail };
}

function deliveryRecord(
  { key, delivery }: KeyedDelivery,
  { record, integration }: Readable,
  { topics }: Writing,
): ProducedRecord {
  const { traceparent } = headerNames;
  const trace = record.headers[traceparent];
  return {
    topic: deliveriesTopic(topics, delivery.projectId),
    // By the integration's own count: how many partitions the topic has may change at any moment.
    partition: partitionOf(key, integration.partitions),
    key,
    value: encodeDelivery(delivery),
    headers: {
      [headerNames.eventId]: delivery.eventId,
      [headerNames.projectId]: delivery.projectId,
      ...(trace !== undefined && { [traceparent]: trace }),
    },
  };
}

/** The original in the dead-letter topic and, if the event has an id, a receipt that says so. */
export function asDeadLetter(
  { record, event, reason, detail }: Unusable,
  writing: Writing,
): ProducedRecord[] {
  const cause = { reason, detail, stage: 'mapper', attempts: 0, atMs: writing.nowMs } as const;
  const kept = deadLetter(writing.topics.eventsDeadLetter, record, cause);
  return event === undefined
    ? [kept]
    : [kept, receipt(event, { outcome: 'dead_lettered', reason, detail }, writing)];
}

/** Types are names; what is longer is only an attack on whoever reads it. */
const maxTypeLength = 256;

function receipt(
  { envelope: { event }, projectId, receivedAtMs }: Identified,
  outcome: Pick<Receipt, 'outcome' | 'reason' | 'detail'>,
  { topics, nowMs }: Writing,
): ProducedRecord {
  const value: Receipt = {
    eventId: event.id,
    sourceEventId: event.id,
    projectId,
    type: event.type.slice(0, maxTypeLength),
    ...outcome,
    attempt: 0,
    sinceReceivedMs: Math.max(0, nowMs - receivedAtMs),
    atMs: nowMs,
  };
  return { topic: topics.receipts, key: customerKeyOf(projectId, event), value: JSON.stringify(value) };
}
