export { type ApiAccess, type RequestOptions, RevenueCatClient } from './api-client';
export { revenueCatApiConfig } from './api-config';
export { RevenueCatApiError } from './api-error';
export {
  compareWebhooks,
  type ExpectedWebhook,
  expectedWebhook,
  isOurs,
  isReachable,
  originOf,
  type WebhookFinding,
} from './compare-webhooks';
export { type ExplainedFailure, explainFailure } from './explain-failure';
export {
  changeWebhooksPermission,
  readWebhooksPermission,
  type RevenueCatWebhook,
  WebhooksApi,
} from './webhooks-api';
