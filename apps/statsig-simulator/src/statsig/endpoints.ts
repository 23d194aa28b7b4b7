/** Statsig's endpoints for events, by the name that faults and recordings use. */
export const endpoints = ['revenuecat', 'log_event', 'event_webhook'] as const;

export type Endpoint = (typeof endpoints)[number];

/**
 * What success looks like: 202 for the events API is Statsig's own OpenAPI text; RevenueCat counts only 200 as delivered
 * (https://www.revenuecat.com/docs/integrations/webhooks).
 */
export const successStatus: Record<Endpoint, number> = {
  revenuecat: 200,
  log_event: 202,
  event_webhook: 200,
};

export const apiKeyHeader = 'statsig-api-key';
