export { type ApiAccess, type RequestOptions, RevenueCatClient } from './api-client';
export { revenueCatApiConfig } from './api-config';
export { RevenueCatApiError } from './api-error';
export {
  changeWebhooksPermission,
  readWebhooksPermission,
  type RevenueCatWebhook,
  WebhooksApi,
} from './webhooks-api';
