import { type ProducedRecord, type RedriveContext, redrivenHeaders, redriveTarget } from '@app/kafka';
import { customerKeyOf, parseEnvelope } from '@app/revenuecat';
import { type StoredDeadLetter } from './dead-letters';

export type RedriveResult =
  { kind: 'record'; record: ProducedRecord } | { kind: 'unknown_project'; projectId: string };

/** Restores the original bytes, key and headers for the topic of origin, with a header that identifies the dead letter. */
export function redriveRecord(deadLetter: StoredDeadLetter, context: RedriveContext): RedriveResult {
  const original = { key: keyOf(deadLetter), value: deadLetter.value, headers: redrivenHeaders(deadLetter) };
  if (deadLetter.source === 'events')
    return { kind: 'record', record: { ...original, topic: context.topics.events } };
  const target = redriveTarget(deadLetter, context);
  if (target.kind === 'unknown_project') return target;
  const { topic, partition } = target;
  return { kind: 'record', record: { ...original, topic, partition } };
}

/** Records that ingest rejected do not have a key yet. */
function keyOf({ key, source, value, project }: StoredDeadLetter): Buffer | string | null {
  if (key !== null) return key;
  if (source === 'deliveries') return null;
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? customerKeyOf(project, parsed.envelope.event) : null;
}
