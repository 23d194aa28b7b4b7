import {
  type ConsumedRecord,
  headerNames,
  type ProducedRecord,
  redrivenHeaders,
  type TopicNames,
} from '@app/kafka';
import { customerKeyOf, parseEnvelope } from '@app/revenuecat';

/** Where a dead letter lies: `topic/partition/offset`. */
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
  const header = (name: string, wanted: string | undefined): boolean =>
    wanted === undefined || record.headers[name] === wanted;
  return (
    header(headerNames.deadLetterReason, reason) &&
    header(headerNames.deadLetterStage, stage) &&
    header(headerNames.projectId, project) &&
    header(headerNames.eventId, event) &&
    (place === undefined || placeOf(record) === place)
  );
}

/** The record as it was, for the topic that it came from; undefined where it was cut and is no longer whole. */
export function redriven(
  record: ConsumedRecord,
  topics: TopicNames,
  defaultProjectId: string,
): ProducedRecord | undefined {
  const { value, headers } = record;
  if (headers[headerNames.deadLetterTruncated] === 'true') return undefined;
  const isDelivery = record.topic === topics.deliveriesDeadLetter;
  return {
    topic: isDelivery ? topics.deliveries : topics.events,
    key: record.key ?? (isDelivery ? null : keyOf(value, headers[headerNames.projectId] ?? defaultProjectId)),
    value,
    headers: redrivenHeaders(record),
  };
}

/** What was refused at the door has no key yet. */
function keyOf(value: Buffer | null, projectId: string): string | null {
  const parsed = parseEnvelope(value ?? Buffer.alloc(0));
  return parsed.kind === 'envelope' ? customerKeyOf(projectId, parsed.envelope.event) : null;
}
