export {
  customerIdLists,
  type CustomerIds,
  customerIdsOf,
  customerKey,
  customerKeyOf,
  type NamedSide,
  namesCustomer,
  numericIdsAsText,
  preferredId,
  redeemersOf,
  type Side,
  sidesOf,
  withoutIds,
} from './customer';
export {
  type Envelope,
  idText,
  isObject,
  type Json,
  type JsonObject,
  parseEnvelope,
  type RevenueCatEvent,
} from './envelope';
export { patchEvent } from './envelope-text';
export { jsonProblem } from './json-problem';
export { eventTypes, isPaywallEvent, statsigEventNames } from './event-types';
export { lifecycleFactsOf, lifecycleName, type LifecycleRule, lifecycleRules } from './lifecycle';
export {
  type Attribute,
  attributesOf,
  comparableId,
  type Environment,
  environmentOf,
  eventTimeMs,
  idsField,
  isAnonymous,
  isAppUserId,
  isPlaceholder,
  numberField,
  statedEnvironmentOf,
  textField,
  timeField,
} from './fields';
