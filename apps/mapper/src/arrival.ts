import { type Reason } from '@app/delivery';
import { type Integration, type IntegrationState, projectIdSchema } from '@app/integrations';
import { type ConsumedRecord, headerNames } from '@app/kafka';
import { type Envelope, parseEnvelope, withoutIds } from '@app/revenuecat';
import { plausibleTimeMs } from './plausible-time';

/** An event, and whose it is. */
export interface Identified {
  envelope: Envelope;
  projectId: string;
  receivedAtMs: number;
}

export interface Readable extends Identified {
  kind: 'readable';
  record: ConsumedRecord;
  integration: Integration;
}

export interface Unusable {
  kind: 'unusable';
  record: ConsumedRecord;
  /** Absent if the record holds no event. */
  event?: Identified;
  /** Id of the delivery that the event does not become, if it becomes another one. */
  deliveryId?: string;
  reason: Reason;
  detail: string;
}

/** The integration of its project cannot be read at present. */
export interface Waiting {
  kind: 'waiting';
  record: ConsumedRecord;
}

/** What a record is. */
export type Arrival = Readable | Unusable | Waiting;

export interface Reading {
  integrationOf: (projectId: string) => IntegrationState;
  defaultProjectId: string;
  nowMs: number;
}

/** Never throws: a record that cannot be used is returned with the reason. */
export function read(record: ConsumedRecord, { integrationOf, defaultProjectId, nowMs }: Reading): Arrival {
  const oversized = record.headers[headerNames.oversizedBatch];
  if (record.value === null && oversized !== undefined) {
    return {
      kind: 'unusable',
      record,
      reason: 'batch_too_large',
      detail: `The batch with the offsets ${oversized.slice(0, 50)} of partition ${record.partition} was not read: it unpacks to more than 64 MiB.`,
    };
  }
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  if (parsed.kind === 'unreadable') {
    const at = parsed.pointer === '' ? '' : ` (at ${parsed.pointer})`;
    return { kind: 'unusable', record, reason: parsed.reason, detail: parsed.detail + at };
  }
  const receivedAtMs = plausibleTimeMs(
    Number(record.headers[headerNames.receivedAtMs]),
    plausibleTimeMs(record.timestampMs, nowMs),
    nowMs,
  );
  const projectId = record.headers[headerNames.projectId] ?? defaultProjectId;
  if (!projectIdSchema.safeParse(projectId).success) {
    return {
      kind: 'unusable',
      record,
      event: { envelope: parsed.envelope, projectId: defaultProjectId, receivedAtMs },
      reason: 'project_id_malformed',
      detail: `The header "${headerNames.projectId}" holds no project id: ${JSON.stringify(projectId.slice(0, 64))}.`,
    };
  }
  const event: Identified = { envelope: parsed.envelope, projectId, receivedAtMs };
  const state = integrationOf(projectId);
  switch (state.kind) {
    case 'ready': {
      const { integration } = state;
      const { envelope } = parsed;
      const usable = { ...envelope, event: withoutIds(envelope.event, integration.blockedIds) };
      return { kind: 'readable', record, integration, ...event, envelope: usable };
    }
    case 'unreadable':
      return { kind: 'waiting', record };
    case 'absent':
      return {
        kind: 'unusable',
        record,
        event,
        reason: 'no_integration',
        detail: `Project "${projectId}" has no integration. Add it, then redrive this event.`,
      };
  }
}
