import {
  type ConsumedRecord,
  headerNames,
  type ProducedRecord,
  type RedriveContext,
  redrivenHeaders,
  redriveTarget,
} from '@app/kafka';
import { customerKeyOf, parseEnvelope } from '@app/revenuecat';

/** Returns the place of a dead letter: `topic/partition/offset`. */
export function placeOf({ topic, partition, offset }: ConsumedRecord): string {
  return `${topic}/${String(partition)}/${String(offset)}`;
}

export interface DeadLetterFilter {
  reason?: string;
  stage?: string;
  project?: string;
  event?: string;
  place?: string;
}

export function matches(
  record: ConsumedRecord,
  { reason, stage, project, event, place }: DeadLetterFilter,
): boolean {
  const header = (name: string, expected: string | undefined): boolean =>
    expected === undefined || record.headers[name] === expected;
  return (
    header(headerNames.deadLetterReason, reason) &&
    header(headerNames.deadLetterStage, stage) &&
    header(headerNames.projectId, project) &&
    header(headerNames.eventId, event) &&
    (place === undefined || placeOf(record) === place)
  );
}

export type RedriveResult =
  | { kind: 'record'; record: ProducedRecord }
  /** The original was too large to be stored completely. */
  | { kind: 'truncated' }
  | { kind: 'unknown_project'; projectId: string };

/** Returns the original record for its original topic and, if it was a delivery, its original partition. */
export function redriveRecord(deadLetter: ConsumedRecord, context: RedriveContext): RedriveResult {
  const { key, value, headers } = deadLetter;
  const isOversizedBatch = headers[headerNames.oversizedBatch] !== undefined;
  if (headers[headerNames.deadLetterTruncated] === 'true' || isOversizedBatch) return { kind: 'truncated' };
  const { topics, defaultProjectId } = context;
  const original = { key, value, headers: redrivenHeaders(deadLetter) };
  if (deadLetter.topic === topics.eventsDeadLetter) {
    const projectId = headers[headerNames.projectId] ?? defaultProjectId;
    const record = { ...original, topic: topics.events, key: key ?? customerKey(value, projectId) };
    return { kind: 'record', record };
  }
  const target = redriveTarget(deadLetter, context);
  if (target.kind === 'unknown_project') return target;
  const { topic, partition } = target;
  return { kind: 'record', record: { ...original, topic, partition } };
}

/** Events that ingest rejected do not have a key. */
function customerKey(value: Buffer | null, projectId: string): string | null {
  const parsed = parseEnvelope(value ?? Buffer.alloc(0));
  return parsed.kind === 'envelope' ? customerKeyOf(projectId, parsed.envelope.event) : null;
}
