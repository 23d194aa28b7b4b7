import {
  type ConsumedBatch,
  type ConsumedRecord,
  deadLetter,
  isParkedTopic,
  type ProducedRecord,
  type RecordProducer,
  type TopicNames,
} from '@app/kafka';
import { type Couriers } from './couriers';
import { openRecord, type OutgoingEvent } from './outgoing-event';
import { type ParkingLot } from './parking-lot';

export interface DispatchPorts {
  couriers: Pick<Couriers, 'deliver'>;
  parking: Pick<ParkingLot, 'know' | 'returned' | 'settled'>;
  producer: Pick<RecordProducer, 'send'>;
  topics: TopicNames;
  nowMs: () => number;
}

/** Open the deliveries, set aside what is none, and hand the rest to the couriers, who settle each on its own. */
export async function dispatchBatch(batch: ConsumedBatch, ports: DispatchPorts): Promise<void> {
  const opened = batch.records.map((record) => open(record, batch, ports));
  const events = opened.filter((one) => one.kind === 'event').map(({ event }) => event);
  const unreadable = opened.filter((one) => one.kind === 'unreadable');
  await ports.parking.know(batch.assignment);
  if (isParkedTopic(ports.topics, batch.topic))
    events.forEach((event) => {
      ports.parking.returned(event);
    });
  await Promise.all([setAside(unreadable, batch, ports), ports.couriers.deliver(events, batch.signal)]);
}

interface Unreadable {
  kind: 'unreadable';
  record: ConsumedRecord;
  detail: string;
}

function open(
  record: ConsumedRecord,
  batch: ConsumedBatch,
  { topics, parking }: DispatchPorts,
): { kind: 'event'; event: OutgoingEvent } | Unreadable {
  try {
    const isParked = isParkedTopic(topics, batch.topic);
    const event = openRecord(record, isParked, () => {
      batch.settle(record);
      if (isParked) parking.settled(event, batch.assignment);
    });
    return { kind: 'event', event };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unreadable',
      record,
      detail: `The record is no delivery: ${why}. Only the mapper writes here.`,
    };
  }
}

async function setAside(
  unreadable: readonly Unreadable[],
  batch: ConsumedBatch,
  { producer, topics, nowMs }: DispatchPorts,
): Promise<void> {
  const kept = unreadable.map(({ record, detail }): ProducedRecord => {
    const cause = {
      reason: 'not_a_delivery',
      detail,
      stage: 'dispatcher',
      attempts: 0,
      atMs: Math.round(nowMs()),
    } as const;
    return deadLetter(topics.deliveriesDeadLetter, record, cause);
  });
  await producer.send(kept);
  for (const { record } of unreadable) batch.settle(record);
}
