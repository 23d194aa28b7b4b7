import { encodeDelivery, type Receipt } from '@app/delivery';
import { deadLetter, headerNames, type ProducedRecord, type TopicNames } from '@app/kafka';
import { customerKeyOf } from '@app/revenuecat';
import { type Arrival, type Identified, type Unusable } from './arrival';
import { type Knowledge } from './learn';
import { mapEvent } from './map-event';

export interface Writing {
  topics: TopicNames;
  nowMs: number;
}

/** What a record becomes: deliveries, or a receipt that says why there is none, or a dead letter with its receipt. */
export function recordsOf(
  arrival: Arrival,
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
    case 'mapped':
      return mapped.deliveries.map(({ key, delivery }) => {
        const value = encodeDelivery(delivery);
        const { traceparent } = headerNames;
        const trace = arrival.record.headers[traceparent];
        return {
          topic: writing.topics.deliveries,
          key,
          value,
          headers: {
            [headerNames.eventId]: delivery.eventId,
            [headerNames.projectId]: delivery.projectId,
            ...(trace !== undefined && { [traceparent]: trace }),
          },
        };
      });
    case 'filtered': {
      const { reason, detail } = mapped;
      return [receipt(arrival, { outcome: 'filtered', reason, detail }, writing)];
    }
    case 'unmappable': {
      const { reason, detail } = mapped;
      return asDeadLetter(
        { kind: 'unusable', record: arrival.record, event: arrival, reason, detail },
        writing,
      );
    }
  }
}

/** The original in the dead-letter topic and, where the event has an id, a receipt that says so. */
function asDeadLetter({ record, event, reason, detail }: Unusable, writing: Writing): ProducedRecord[] {
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
