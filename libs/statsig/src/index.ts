export { type Answer, classify, type Verdict } from './domain/answer';
export { eventName, type EventNaming } from './domain/event-name';
export { limits } from './domain/limits';
export {
  type CustomIdSource,
  type LogEvent,
  logEvent,
  type LogEventOptions,
} from './domain/log-event-format';
export { revenueCatBody } from './domain/revenuecat-format';
export { type IdentityRule, userIdOf } from './domain/user-id';
export { StatsigClient, type StatsigClientOptions } from './statsig-client';
