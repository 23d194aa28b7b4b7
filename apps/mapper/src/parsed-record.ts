import { type Reason } from '@app/delivery';
import { type Integration, type IntegrationState, projectIdSchema } from '@app/integrations';
import { type ConsumedRecord, headerNames } from '@app/kafka';
import { receivedAtMsOf, usableEnvelope } from '@app/mapping';
import { type Envelope, parseEnvelope } from '@app/revenuecat';

/** An event with its project and the time at which it was received. */
export interface ReceivedEvent {
  envelope: Envelope;
  projectId: string;
  receivedAtMs: number;
}

export interface ValidRecord extends ReceivedEvent {
  kind: 'valid';
  record: ConsumedRecord;
  integration: Integration;
}

export interface InvalidRecord {
  kind: 'invalid';
  record: ConsumedRecord;
  /** Absent if the record is not an event. */
  event?: ReceivedEvent;
  /** Id of the missing delivery, if the event becomes another delivery. */
  deliveryId?: string;
  reason: Reason;
  detail: string;
}

/** A record whose integration is unreadable at present. */
export interface WaitingRecord {
  kind: 'waiting';
  record: ConsumedRecord;
}

export type ParsedRecord = ValidRecord | InvalidRecord | WaitingRecord;

export interface ParseContext {
  integrationOf: (projectId: string) => IntegrationState;
  defaultProjectId: string;
  nowMs: number;
}

/** Parses a record. Never throws: an invalid record is returned with the reason. */
export function parseRecord(
  record: ConsumedRecord,
  { integrationOf, defaultProjectId, nowMs }: ParseContext,
): ParsedRecord {
  const oversized = record.headers[headerNames.oversizedBatch];
  if (record.value === null && oversized !== undefined) {
    return {
      kind: 'invalid',
      record,
      reason: 'batch_too_large',
      detail: `The batch with the offsets ${oversized.slice(0, 50)} of partition ${record.partition} was not read because its uncompressed size exceeds 64 MiB.`,
    };
  }
  const parsed = parseEnvelope(record.value ?? new Uint8Array());
  if (parsed.kind === 'unreadable') {
    const at = parsed.pointer === '' ? '' : ` (at ${parsed.pointer})`;
    return { kind: 'invalid', record, reason: parsed.reason, detail: parsed.detail + at };
  }
  const stated = record.headers[headerNames.receivedAtMs];
  const receivedAtMs = receivedAtMsOf(stated, record.timestampMs, nowMs);
  const projectId = record.headers[headerNames.projectId] ?? defaultProjectId;
  if (!projectIdSchema.safeParse(projectId).success) {
    return {
      kind: 'invalid',
      record,
      event: { envelope: parsed.envelope, projectId: defaultProjectId, receivedAtMs },
      reason: 'project_id_malformed',
      detail: `The header "${headerNames.projectId}" is not a valid project id: ${JSON.stringify(projectId.slice(0, 64))}.`,
    };
  }
  const event: ReceivedEvent = { envelope: parsed.envelope, projectId, receivedAtMs };
  const state = integrationOf(projectId);
  switch (state.kind) {
    case 'ready': {
      const { integration } = state;
      const envelope = usableEnvelope(parsed.envelope, integration);
      return { kind: 'valid', record, integration, ...event, envelope };
    }
    case 'unreadable':
      return { kind: 'waiting', record };
    case 'absent':
      return {
        kind: 'invalid',
        record,
        event,
        reason: 'no_integration',
        detail: `Project "${projectId}" has no integration. Add it, then redrive this event.`,
      };
  }
}
