export { presetAndRename } from './domain/event-name';
export { logEvent } from './domain/log-event-format';
export { type ChosenUserId, chooseUserId } from './domain/user-id';
export { classify, parseRetryAfter, type StatsigResponse } from './domain/response';
export { revenueCatBody } from './domain/revenuecat-format';
export { readSentEvent, type SentEvent } from './domain/sent-event';
export { type Trimming } from './domain/trimming';
export { StatsigClient, type StatsigEndpoint } from './statsig-client';
export { statsigConfig } from './statsig-config';
