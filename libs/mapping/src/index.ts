export { type KeyedDelivery, mapEvent, type Omission, type SideOmission } from './map-event';
export { occurredAtMs } from './plausible-time';
export { receivedAtMsOf, usableEnvelope } from './received-event';
