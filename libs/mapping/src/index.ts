export { type KeyedDelivery, mapEvent, type Omission } from './map-event';
export { occurredAtMs, plausibleTimeMs } from './plausible-time';
