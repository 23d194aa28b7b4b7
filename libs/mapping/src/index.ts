export { type KeyedDelivery, mapEvent, type MappingResult, type SideOmission } from './map-event';
export { type Omission } from './omission';
export { occurredAtMs } from './plausible-time';
export { receivedAtMsOf, usableEnvelope } from './received-event';
