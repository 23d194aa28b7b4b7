/**
 * A part of an event that Statsig does not receive, or receives shortened.
 *
 * - `size`: it does not fit into what Statsig accepts in total
 * - `length`: it is longer than Statsig accepts
 * - `characters`: characters that Statsig does not accept are replaced
 * - `depth`: it is nested too deeply
 * - `repeated_key`: too many names become the same key
 * - `not_text`: it is not well-formed text
 * - `dropped`, `hashed`: by the privacy settings of the integration
 */
export interface Trimming {
  part: 'event_name' | 'metadata' | 'attribute' | 'custom_id';
  /** Name of the field, attribute or id type as the event or the settings have it. */
  name: string;
  cause: 'size' | 'length' | 'characters' | 'depth' | 'repeated_key' | 'not_text' | 'dropped' | 'hashed';
}
