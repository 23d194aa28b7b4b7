import type { PreviewedTrimming } from '../../../api/preview';

const parts: Record<PreviewedTrimming['part'], string> = {
  event_name: 'Event name',
  metadata: 'Metadata',
  attribute: 'Attribute',
  custom_id: 'Custom id',
};

const causes: Record<PreviewedTrimming['cause'], string> = {
  size: "left out: it does not fit into Statsig's limit of 4,096 characters",
  length: 'longer than Statsig accepts',
  characters: 'characters that Statsig does not accept are replaced',
  depth: 'left out: nested too deeply',
  repeated_key: 'left out: too many names become the same key',
  not_text: 'left out: not well-formed text',
  dropped: 'dropped by the privacy settings',
  hashed: 'sent as a hash because of the privacy settings',
};

/** A sentence about what is not sent. */
export function trimmingText({ part, name, cause }: PreviewedTrimming): string {
  return `${parts[part]} ${name}: ${causes[cause]}`;
}
