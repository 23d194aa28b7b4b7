import { decodeDelivery } from '@app/delivery';
import { emptyProfile, type ProfileStore } from '@app/identity';
import { type IntegrationState } from '@app/integrations';
import {
  type ConsumedBatch,
  type ConsumedRecord,
  headerNames,
  type ProducedRecord,
  projectOfDeliveriesTopic,
  topicNames,
} from '@app/kafka';
import { silentLogger } from '@app/testing';
import { type MapperPorts } from '../src/mapper.stage';
import { OutcomeReporter } from '../src/outcome-reporter';
import { DeferredProjects } from '../src/deferred-projects';
import { anIntegration, orderKey, receivedAtMs } from '../../../libs/mapping/test/mapping.builder';

export const topics = topicNames();

/** A record of `revenuecat.events`. */
export const eventRecord = (
  value: unknown,
  over: Partial<ConsumedRecord> & { projectId?: string } = {},
): ConsumedRecord => ({
  topic: topics.events,
  partition: 0,
  offset: 0,
  timestampMs: receivedAtMs,
  key: null,
  value: value instanceof Buffer || value === null ? value : Buffer.from(JSON.stringify(value)),
  headers: over.projectId === undefined ? {} : { [headerNames.projectId]: over.projectId },
  ...over,
});

/** Knows only the order key of each customer. */
export const profiles = {
  find: () => Promise.resolve({ pointers: new Map(), isKnown: () => true }),
  join: (_projectId, observations) =>
    Promise.resolve(observations.map(({ ids: [id] }) => ({ ...emptyProfile, ...orderKey(id) }))),
} satisfies Pick<ProfileStore, 'find' | 'join'>;

export interface TestBatch extends ConsumedBatch {
  acked: ConsumedRecord[];
  left: ConsumedRecord[];
}

export function batchOf(records: readonly ConsumedRecord[]): TestBatch {
  const acked: ConsumedRecord[] = [];
  const left: ConsumedRecord[] = [];
  return {
    topic: topics.events,
    partition: 0,
    records: records.map((record, offset) => ({ ...record, offset })),
    signal: new AbortController().signal,
    ack: (record) => acked.push(record),
    leave: (record) => left.push(record),
    acked,
    left,
  };
}

/** Ports whose producer records what is written. The integration of every project is ready. */
export function portsWith(
  over: Partial<MapperPorts> & Pick<MapperPorts, 'profiles'>,
): MapperPorts & { written: ProducedRecord[] } {
  const written: ProducedRecord[] = [];
  const ready = (projectId: string): IntegrationState => ({
    kind: 'ready',
    integration: anIntegration({ projectId, eventTypes: ['*'] }),
  });
  return {
    deferred: new DeferredProjects({
      lookup: { defer: () => undefined, resume: () => undefined },
      integrations: { find: ready },
      producer: { send: () => Promise.resolve() },
      logger: silentLogger,
    }),
    reporter: new OutcomeReporter(silentLogger),
    integrations: { find: ready, whenAny: () => Promise.resolve(true), refresh: () => Promise.resolve() },
    lookup: { ask: () => Promise.resolve(new Map()) },
    producer: {
      send: (records) => {
        written.push(...records);
        return Promise.resolve();
      },
    },
    topics,
    maxRecordBytes: 1024 * 1024,
    defaultProjectId: 'default',
    nowMs: () => receivedAtMs,
    logger: silentLogger,
    written,
    ...over,
  };
}

/** The deliveries among written records: key, partition and event id, in order. */
export function deliveriesIn(
  written: readonly ProducedRecord[],
): { key: string; partition: number | undefined; eventId: string }[] {
  return written
    .filter(({ topic }) => projectOfDeliveriesTopic(topics, topic) !== undefined)
    .map(({ key, partition, value }) => ({
      key: String(key),
      partition,
      eventId: decodeDelivery(Buffer.from(value ?? '')).head.eventId,
    }));
}
