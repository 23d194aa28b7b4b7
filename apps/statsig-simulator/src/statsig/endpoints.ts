/** Names of Statsig's event endpoints, as used in faults and recordings. */
export const endpoints = ['revenuecat', 'log_event', 'event_webhook'] as const;

export type Endpoint = (typeof endpoints)[number];

/**
 * Status of a successful response: 202 for the events API is from Statsig's OpenAPI document; RevenueCat treats only 200 as delivered
 * (https://www.revenuecat.com/docs/integrations/webhooks).
 */
export const successStatus: Record<Endpoint, number> = {
  revenuecat: 200,
  log_event: 202,
  event_webhook: 200,
};

export const apiKeyHeader = 'statsig-api-key';
