import { type ProducedRecord, redrivenHeaders, type TopicNames } from '@app/kafka';
import { customerKeyOf, parseEnvelope } from '@app/revenuecat';
import { type KeptRecord } from './dead-letters';

/** The record as it was before it was set aside: its bytes, its key, its headers, and where it has been. */
export function redrivenRecord(kept: KeptRecord, topics: TopicNames): ProducedRecord {
  return {
    topic: kept.source === 'events' ? topics.events : topics.deliveries,
    key: keyOf(kept),
    value: Buffer.from(kept.value),
    headers: redrivenHeaders(kept),
  };
}

/** What was refused at the door has no key yet. */
function keyOf({ key, source, value, project }: KeptRecord): Buffer | string | null {
  if (key !== null) return Buffer.from(key);
  if (source === 'deliveries') return null;
  const parsed = parseEnvelope(value);
  return parsed.kind === 'envelope' ? customerKeyOf(project, parsed.envelope.event) : null;
}
