export { type KeyedDelivery, mapEvent } from './map-event';
export { type Omission } from './omission';
export { occurredAtMs, plausibleTimeMs } from './plausible-time';
