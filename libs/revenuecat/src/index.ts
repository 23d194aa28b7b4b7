export {
  type CustomerIds,
  customerIdsOf,
  customerKey,
  customerKeyOf,
  preferredId,
  redeemersOf,
  type Sides,
  sidesOf,
} from './customer';
export {
  type Envelope,
  isObject,
  type Json,
  type JsonObject,
  maxEventIdLength,
  type ParsedEnvelope,
  parseEnvelope,
  type RevenueCatEvent,
  type Unreadable,
  type UnreadableReason,
} from './envelope';
export { patchEvent } from './envelope-text';
export { eventTypes, isPaywallEvent, statsigEventNames } from './event-types';
export {
  type Attribute,
  attributesOf,
  type Environment,
  environmentOf,
  eventTimeMs,
  idsField,
  isAnonymous,
  isAppUserId,
  numberField,
  textField,
  timeField,
} from './fields';
