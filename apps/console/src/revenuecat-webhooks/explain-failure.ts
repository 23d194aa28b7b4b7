import { type RevenueCatApiError } from '@app/revenuecat-api';
import { type WebhookCheck } from '../../api/revenuecat-webhooks';

const manually = 'or set up the webhook in the dashboard of RevenueCat';

/**
 * What a failed request to RevenueCat means for the operator.
 *
 * @param permission the permission that the request needs
 */
export function explainFailure(
  { status, message, pauseMs }: RevenueCatApiError,
  permission: string,
): { state: Exclude<WebhookCheck['state'], 'read' | 'no_key'>; detail: string } {
  if (status === 401) {
    return {
      state: 'unauthorized',
      detail: `RevenueCat rejects the API key of this integration. Enter a secret key of API v2 that has the permission ${permission}, ${manually}.`,
    };
  }
  if (status === 403) {
    return {
      state: 'forbidden',
      detail: `The API key of this integration lacks the permission ${permission}, or belongs to another project. Create a key that has it in RevenueCat (Project settings → API keys), ${manually}.`,
    };
  }
  if (status === 404) {
    return {
      state: 'not_found',
      detail:
        'RevenueCat does not know the project or the webhook. Compare the RevenueCat project id with the URL of its dashboard, and check again.',
    };
  }
  if (status === 429) {
    return {
      state: 'unavailable',
      detail: `RevenueCat accepts 60 such requests a minute, and there were more. Try again in ${Math.ceil(pauseMs / 1_000)} s.`,
    };
  }
  if (status === 409) {
    return {
      state: 'unavailable',
      detail: `${message} Another webhook has the name of this one. Change its URL in the dashboard of RevenueCat, or delete it there.`,
    };
  }
  if (status === 400 || status === 422) {
    return {
      state: 'unavailable',
      detail: `RevenueCat does not accept the settings of the webhook: ${message} Set it up in the dashboard of RevenueCat.`,
    };
  }
  return {
    state: 'unavailable',
    detail: `The request to RevenueCat failed: ${message} Try again, ${manually}.`,
  };
}
