export { eventName, type EventNaming } from './domain/event-name';
export { limits } from './domain/limits';
export {
  type CustomIdSource,
  type LogEvent,
  logEvent,
  type LogEventOptions,
} from './domain/log-event-format';
export { classify, type StatsigResponse } from './domain/response';
export { revenueCatBody } from './domain/revenuecat-format';
export { type IdentityRule, userIdOf } from './domain/user-id';
export { StatsigClient, type StatsigClientOptions } from './statsig-client';
export { statsigConfig } from './statsig-config';
