import { encodeDelivery, type Receipt } from '@app/delivery';
import { observe, type Profile, type ProfileStore } from '@app/identity';
import { type Integration, type IntegrationRegistry } from '@app/integrations';
import {
  type ConsumedBatch,
  type ConsumedRecord,
  deadLetter,
  headerNames,
  type ProducedRecord,
  type RecordProducer,
  type TopicNames,
} from '@app/kafka';
import { customerKeyOf, type Envelope, parseEnvelope, timeField } from '@app/revenuecat';
import { type Mapped, mapEvent } from './map-event';

export interface MapperPorts {
  profiles: Pick<ProfileStore, 'join'>;
  integrations: Pick<IntegrationRegistry, 'get' | 'whenAny'>;
  producer: Pick<RecordProducer, 'send'>;
  topics: TopicNames;
  defaultProjectId: string;
  nowMs: () => number;
}

/** Parse, learn who the customers are, map to Statsig, produce; then the batch is settled. */
export async function mapBatch(batch: ConsumedBatch, ports: MapperPorts): Promise<void> {
  if (!(await ports.integrations.whenAny(batch.signal))) return;
  const arrivals = batch.records.map((record) => parse(record, ports));
  const known = await learn(arrivals, ports.profiles);
  const produced = arrivals.flatMap((arrival) => recordsOf(arrival, known.get(arrival) ?? [], ports));
  await ports.producer.send(produced);
  batch.records.forEach(batch.settle);
}

/** An event, and whose it is. */
interface Identified {
  envelope: Envelope;
  projectId: string;
  receivedAtMs: number;
}

interface Readable extends Identified {
  kind: 'readable';
  record: ConsumedRecord;
  integration: Integration;
}

interface Unusable {
  kind: 'unusable';
  record: ConsumedRecord;
  /** Absent where the record holds no event. */
  event?: Identified;
  reason: string;
  detail: string;
}

type Arrival = Readable | Unusable;

function parse(record: ConsumedRecord, { integrations, defaultProjectId }: MapperPorts): Arrival {
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  if (parsed.kind === 'unreadable') {
    const at = parsed.pointer === '' ? '' : ` (at ${parsed.pointer})`;
    return { kind: 'unusable', record, reason: parsed.reason, detail: parsed.detail + at };
  }
  const projectId = record.headers[headerNames.projectId] ?? defaultProjectId;
  const receivedAtMs =
    timeField({ at: Number(record.headers[headerNames.receivedAtMs]) }, 'at') ?? record.timestampMs;
  const event: Identified = { envelope: parsed.envelope, projectId, receivedAtMs };
  const integration = integrations.get(projectId);
  if (integration === undefined) {
    return {
      kind: 'unusable',
      record,
      event,
      reason: 'no_integration',
      detail: `Project "${projectId.slice(0, 64)}" has no integration. Add it, then redrive this event.`,
    };
  }
  return { kind: 'readable', record, integration, ...event };
}

/** Joins what the batch teaches into the profiles; answers what is known of the customers that each event names. */
async function learn(
  arrivals: readonly Arrival[],
  profiles: MapperPorts['profiles'],
): Promise<Map<Arrival, Profile[]>> {
  const readable = arrivals.filter((arrival) => arrival.kind === 'readable');
  const byProject = Map.groupBy(readable, ({ projectId }) => projectId);
  const known = new Map<Arrival, Profile[]>();
  await Promise.all(
    [...byProject].map(async ([projectId, members]) => {
      const observations = members.map(({ envelope }) => observe(envelope.event));
      const answers = await profiles.join(projectId, observations.flat());
      let next = 0;
      members.forEach((arrival, i) => {
        const count = observations[i]?.length ?? 0;
        known.set(arrival, answers.slice(next, next + count));
        next += count;
      });
    }),
  );
  return known;
}

function recordsOf(arrival: Arrival, known: readonly Profile[], ports: MapperPorts): ProducedRecord[] {
  if (arrival.kind === 'unusable') return asDeadLetter(arrival, ports);
  const mapped = mapEvent({ ...arrival, known });
  switch (mapped.kind) {
    case 'mapped':
      return mapped.deliveries.map(({ key, delivery }) => {
        const { value, bodyOffset } = encodeDelivery(delivery);
        const { traceparent } = headerNames;
        const trace = arrival.record.headers[traceparent];
        return {
          topic: ports.topics.deliveries,
          key,
          value,
          headers: {
            [headerNames.eventId]: delivery.eventId,
            [headerNames.projectId]: delivery.projectId,
            [headerNames.bodyOffset]: String(bodyOffset),
            ...(trace !== undefined && { [traceparent]: trace }),
          },
        };
      });
    case 'filtered':
      return [receipt(arrival, { outcome: 'filtered', ...reasonOf(mapped) }, ports)];
    case 'unmappable':
      return asDeadLetter(
        { kind: 'unusable', record: arrival.record, event: arrival, ...reasonOf(mapped) },
        ports,
      );
  }
}

function reasonOf({ reason, detail }: Exclude<Mapped, { kind: 'mapped' }>): {
  reason: string;
  detail: string;
} {
  return { reason, detail };
}

/** The original in the dead-letter topic and, where the event has an id, a receipt that says so. */
function asDeadLetter({ record, event, reason, detail }: Unusable, ports: MapperPorts): ProducedRecord[] {
  const cause = { reason, detail, stage: 'mapper', attempts: 0, atMs: ports.nowMs() } as const;
  const kept = deadLetter(ports.topics.eventsDeadLetter, record, cause);
  return event === undefined
    ? [kept]
    : [kept, receipt(event, { outcome: 'dead_lettered', reason, detail }, ports)];
}

function receipt(
  { envelope, projectId, receivedAtMs }: Identified,
  outcome: Pick<Receipt, 'outcome' | 'reason' | 'detail'>,
  { topics, nowMs }: MapperPorts,
): ProducedRecord {
  const { event } = envelope;
  const atMs = nowMs();
  const value: Receipt = {
    eventId: event.id,
    sourceEventId: event.id,
    projectId,
    type: event.type,
    ...outcome,
    attempt: 0,
    sinceReceivedMs: Math.max(0, atMs - receivedAtMs),
    atMs,
  };
  return { topic: topics.receipts, key: customerKeyOf(projectId, event), value: JSON.stringify(value) };
}
