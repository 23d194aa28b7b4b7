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
import { traceHeaders, traceIdOf } from '@app/platform';
import { customerKeyOf } from '@app/revenuecat';
import { type KeyedDelivery, mapEvent, type Omission } from '@app/mapping';
import { type InvalidRecord, type ReceivedEvent, type ValidRecord } from './parsed-record';
import { type KnownProfiles } from './resolve-profiles';

export interface MapContext {
  topics: TopicNames;
  /** Maximum size of a delivery's record: key, value and headers. */
  maxRecordBytes: number;
  nowMs: number;
}

/** The outcome of an event, or of one side of a transfer, with the records to write. */
export type MappingOutcome =
  | { kind: 'mapped'; delivery: ProducedRecord }
  | { kind: 'filtered' | 'dead_lettered'; reason: Reason; records: readonly ProducedRecord[] };

/** Maps a record to deliveries, to a receipt with the reason why there is none, or to a dead letter with its receipt. */
export function mapRecord(
  parsed: ValidRecord | InvalidRecord,
  known: KnownProfiles | undefined,
  context: MapContext,
): MappingOutcome[] {
  if (parsed.kind === 'invalid') return [toDeadLetter(parsed, context)];
  const { profiles = [], isLookupMissing = false } = known ?? {};
  const replay = parsed.record.headers[headerNames.replay];
  const mapped = mapEvent({
    ...parsed,
    known: profiles,
    isLookupMissing,
    ...(replay !== undefined && { replay }),
  });
  switch (mapped.kind) {
    case 'mapped': {
      const outcomes = [
        ...mapped.deliveries.map((delivery): MappingOutcome => ({
          kind: 'mapped',
          delivery: deliveryRecord(delivery, parsed, context),
        })),
        ...mapped.omissions.map((omission) => omissionOutcome(parsed, omission, context)),
      ];
      const isTooLarge = (record: ProducedRecord): boolean => sizeOf(record) > context.maxRecordBytes;
      return replaceOversized(parsed, outcomes, isTooLarge, context);
    }
    case 'filtered':
    case 'dead_letter':
      return [omissionOutcome(parsed, mapped, context)];
  }
}

function omissionOutcome(
  parsed: ValidRecord,
  { kind, reason, detail, rule, eventId }: Omission & { eventId?: string },
  context: MapContext,
): MappingOutcome {
  return kind === 'filtered'
    ? {
        kind,
        reason,
        records: [
          toReceipt(
            parsed,
            { outcome: kind, reason, ...(rule !== undefined && { rule }), detail },
            context,
            eventId,
          ),
        ],
      }
    : toDeadLetter(invalidRecord(parsed, { reason, detail }, eventId), context);
}

/**
 * Replaces deliveries that are too large with dead letters: with a single one if nothing of the event can be written,
 * otherwise with one for each.
 */
export function replaceOversized(
  parsed: ValidRecord | InvalidRecord,
  outcomes: readonly MappingOutcome[],
  isTooLarge: (delivery: ProducedRecord) => boolean,
  context: MapContext,
): MappingOutcome[] {
  const tooLarge = outcomes.flatMap((outcome) =>
    outcome.kind === 'mapped' && isTooLarge(outcome.delivery) ? [outcome.delivery] : [],
  );
  if (tooLarge.length === 0) return [...outcomes];
  const cause = {
    reason: 'delivery_too_large',
    detail: `The enriched event has ${Math.max(...tooLarge.map(sizeOf))} bytes. The maximum is ${context.maxRecordBytes} (TOPIC_MAX_MESSAGE_BYTES), or less if max.message.bytes of the topic is less.`,
  } as const;
  const isWhole = tooLarge.length === outcomes.length;
  const deadLetters = isWhole
    ? [invalidRecord(parsed, cause)]
    : tooLarge.map(({ headers }) => invalidRecord(parsed, cause, headers?.[headerNames.eventId]));
  return [
    ...outcomes.filter((outcome) => outcome.kind !== 'mapped' || !tooLarge.includes(outcome.delivery)),
    ...deadLetters.map((deadLetter) => toDeadLetter(deadLetter, context)),
  ];
}

/**
 * A record that turned out to be invalid after it was parsed.
 *
 * @param deliveryId id of the missing delivery, if the event becomes another delivery
 */
function invalidRecord(
  parsed: ValidRecord | InvalidRecord,
  { reason, detail }: Pick<InvalidRecord, 'reason' | 'detail'>,
  deliveryId?: string,
): InvalidRecord {
  const event = parsed.kind === 'valid' ? parsed : parsed.event;
  return {
    kind: 'invalid',
    record: parsed.record,
    ...(event !== undefined && { event }),
    ...(deliveryId !== undefined && { deliveryId }),
    reason,
    detail,
  };
}

function deliveryRecord(
  { key, delivery }: KeyedDelivery,
  { record, integration }: ValidRecord,
  { topics }: MapContext,
): ProducedRecord {
  return {
    topic: deliveriesTopic(topics, delivery.projectId),
    // The integration's partition count, because that of the topic can change at any moment.
    partition: partitionOf(key, integration.partitions),
    key,
    value: encodeDelivery(delivery),
    headers: {
      [headerNames.eventId]: delivery.eventId,
      [headerNames.projectId]: delivery.projectId,
      ...traceHeaders(record.headers, record.span),
    },
  };
}

/** The original record for the dead-letter topic and, if it is an event, a receipt. */
function toDeadLetter(
  { record, event, reason, detail, deliveryId }: InvalidRecord,
  context: MapContext,
): MappingOutcome {
  const cause = { reason, detail, stage: 'mapper', attempts: 0, atMs: context.nowMs } as const;
  const original = deadLetter(context.topics.eventsDeadLetter, record, cause);
  const receipts =
    event === undefined
      ? []
      : [toReceipt({ ...event, record }, { outcome: 'dead_lettered', reason, detail }, context, deliveryId)];
  return { kind: 'dead_lettered', reason, records: [original, ...receipts] };
}

/** Event types are short. Longer ones are truncated. */
const maxTypeLength = 256;

function toReceipt(
  { envelope: { event }, projectId, receivedAtMs, record }: ReceivedEvent & Pick<ValidRecord, 'record'>,
  outcome: Pick<Receipt, 'outcome' | 'reason' | 'rule' | 'detail'>,
  { topics, nowMs }: MapContext,
  deliveryId = event.id,
): ProducedRecord {
  const traceId = traceIdOf(record.headers, record.span);
  const value: Receipt = {
    eventId: deliveryId,
    sourceEventId: event.id,
    projectId,
    type: event.type.slice(0, maxTypeLength).toWellFormed(),
    ...outcome,
    attempt: 0,
    sinceReceivedMs: Math.max(0, nowMs - receivedAtMs),
    ...(traceId !== undefined && { traceId }),
    atMs: nowMs,
  };
  return { topic: topics.receipts, key: customerKeyOf(projectId, event), value: JSON.stringify(value) };
}
