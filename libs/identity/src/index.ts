export { type AttributeRule, enrich, type EventPatch } from './domain/enrichment';
export { type Observation, observe } from './domain/observation';
export { join, nobody, type Profile } from './domain/profile';
export { ProfileStore } from './profile-store';
