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
import { type KeyedDelivery, type LeftOut, mapEvent } from './map-event';

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
      const tooLarge = records.filter((record) => sizeOf(record) > writing.maxRecordBytes);
      const detail = `With what is known of the customer the event has ${Math.max(...tooLarge.map(sizeOf))} bytes; at most ${writing.maxRecordBytes} fit (TOPIC_MAX_MESSAGE_BYTES).`;
      const isWhole = tooLarge.length === records.length && mapped.leftOut.length === 0;
      return [
        ...records.filter((record) => !tooLarge.includes(record)),
        ...deadLettersOf(arrival, { deliveries: tooLarge, isWhole }, { reason: 'too_large', detail }).flatMap(
          (deadLetter) => asDeadLetter(deadLetter, writing),
        ),
        ...mapped.leftOut.flatMap((leftOut) => recordsOfLeftOut(arrival, leftOut, writing)),
      ];
    }
    case 'filtered':
    case 'unmappable':
      return recordsOfLeftOut(arrival, mapped, writing);
  }
}

function recordsOfLeftOut(
  arrival: Readable,
  { kind, reason, detail, eventId }: LeftOut & { eventId?: string },
  writing: Writing,
): ProducedRecord[] {
  return kind === 'filtered'
    ? [receipt(arrival, { outcome: 'filtered', reason, detail }, writing, eventId)]
    : asDeadLetter(unusable(arrival, { reason, detail }, eventId), writing);
}

/**
 * The dead letters of an event some of whose deliveries cannot be written: one, if nothing of the event can, else one for
 * each of them.
 */
export function deadLettersOf(
  arrival: Readable | Unusable,
  { deliveries, isWhole }: { deliveries: readonly ProducedRecord[]; isWhole: boolean },
  cause: Pick<Unusable, 'reason' | 'detail'>,
): Unusable[] {
  if (isWhole) return [unusable(arrival, cause)];
  return deliveries.map(({ headers }) => unusable(arrival, cause, headers?.[headerNames.eventId]));
}

/**
 * A dead letter of a record that turned out to be of no use after it was read.
 *
 * @param deliveryId set if the event becomes another delivery
 */
function unusable(
  arrival: Readable | Unusable,
  { reason, detail }: Pick<Unusable, 'reason' | 'detail'>,
  deliveryId?: string,
): Unusable {
  const event = arrival.kind === 'readable' ? arrival : arrival.event;
  return {
    kind: 'unusable',
    record: arrival.record,
    ...(event !== undefined && { event }),
    ...(deliveryId !== undefined && { deliveryId }),
    reason,
    detail,
  };
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
  { record, event, reason, detail, deliveryId }: Unusable,
  writing: Writing,
): ProducedRecord[] {
  const cause = { reason, detail, stage: 'mapper', attempts: 0, atMs: writing.nowMs } as const;
  const kept = deadLetter(writing.topics.eventsDeadLetter, record, cause);
  return event === undefined
    ? [kept]
    : [kept, receipt(event, { outcome: 'dead_lettered', reason, detail }, writing, deliveryId)];
}

/** Types are names; what is longer is only an attack on whoever reads it. */
const maxTypeLength = 256;

function receipt(
  { envelope: { event }, projectId, receivedAtMs }: Identified,
  outcome: Pick<Receipt, 'outcome' | 'reason' | 'detail'>,
  { topics, nowMs }: Writing,
  deliveryId = event.id,
): ProducedRecord {
  const value: Receipt = {
    eventId: deliveryId,
    sourceEventId: event.id,
    projectId,
    type: event.type.slice(0, maxTypeLength).toWellFormed(),
    ...outcome,
    attempt: 0,
    sinceReceivedMs: Math.max(0, nowMs - receivedAtMs),
    atMs: nowMs,
  };
  return { topic: topics.receipts, key: customerKeyOf(projectId, event), value: JSON.stringify(value) };
}
