import { encodeDelivery, type Reason, type Receipt } from '@app/delivery';
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

/** What became of an event, or of one side of a transfer, and the records that carry it. */
export type MappingOutcome =
  | { kind: 'mapped'; delivery: ProducedRecord }
  | { kind: 'filtered' | 'dead_lettered'; reason: Reason; records: readonly ProducedRecord[] };

/** What a record becomes: deliveries, or a receipt that says why there is none, or a dead letter with its receipt. */
export function outcomesOf(
  arrival: Readable | Unusable,
  known: Knowledge | undefined,
  writing: Writing,
): MappingOutcome[] {
  if (arrival.kind === 'unusable') return [deadLettered(arrival, writing)];
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
      const outcomes = [
        ...mapped.deliveries.map((delivery): MappingOutcome => ({
          kind: 'mapped',
          delivery: deliveryRecord(delivery, arrival, writing),
        })),
        ...mapped.leftOut.map((leftOut) => leftOutOutcome(arrival, leftOut, writing)),
      ];
      const isTooLarge = (record: ProducedRecord): boolean => sizeOf(record) > writing.maxRecordBytes;
      return withoutDeliveries(arrival, outcomes, isTooLarge, writing);
    }
    case 'filtered':
    case 'unmappable':
      return [leftOutOutcome(arrival, mapped, writing)];
  }
}

function leftOutOutcome(
  arrival: Readable,
  { kind, reason, detail, eventId }: LeftOut & { eventId?: string },
  writing: Writing,
): MappingOutcome {
  return kind === 'filtered'
    ? { kind, reason, records: [receipt(arrival, { outcome: kind, reason, detail }, writing, eventId)] }
    : deadLettered(unusable(arrival, { reason, detail }, eventId), writing);
}

/**
 * The outcomes of an event some of whose deliveries are too large: dead letters replace these. One dead letter if nothing of
 * the event can be written, else one for each of them.
 */
export function withoutDeliveries(
  arrival: Readable | Unusable,
  outcomes: readonly MappingOutcome[],
  isTooLarge: (delivery: ProducedRecord) => boolean,
  writing: Writing,
): MappingOutcome[] {
  const tooLarge = outcomes.flatMap((outcome) =>
    outcome.kind === 'mapped' && isTooLarge(outcome.delivery) ? [outcome.delivery] : [],
  );
  if (tooLarge.length === 0) return [...outcomes];
  const cause = {
    reason: 'too_large',
    detail: `With what is known of the customer the event has ${Math.max(...tooLarge.map(sizeOf))} bytes. At most ${writing.maxRecordBytes} fit (TOPIC_MAX_MESSAGE_BYTES), or fewer if max.message.bytes of the topic is less.`,
  } as const;
  const isWhole = tooLarge.length === outcomes.length;
  const deadLetters = isWhole
    ? [unusable(arrival, cause)]
    : tooLarge.map(({ headers }) => unusable(arrival, cause, headers?.[headerNames.eventId]));
  return [
    ...outcomes.filter((outcome) => outcome.kind !== 'mapped' || !tooLarge.includes(outcome.delivery)),
    ...deadLetters.map((deadLetter) => deadLettered(deadLetter, writing)),
  ];
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
function deadLettered(
  { record, event, reason, detail, deliveryId }: Unusable,
  writing: Writing,
): MappingOutcome {
  const cause = { reason, detail, stage: 'mapper', attempts: 0, atMs: writing.nowMs } as const;
  const kept = deadLetter(writing.topics.eventsDeadLetter, record, cause);
  const receipts =
    event === undefined
      ? []
      : [receipt(event, { outcome: 'dead_lettered', reason, detail }, writing, deliveryId)];
  return { kind: 'dead_lettered', reason, records: [kept, ...receipts] };
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
