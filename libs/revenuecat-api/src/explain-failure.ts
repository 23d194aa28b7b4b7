import { type RevenueCatApiError } from './api-error';

/** What a failed request means for the operator. */
export interface ExplainedFailure {
  state: 'unauthorized' | 'forbidden' | 'not_found' | 'unavailable';
  problem: string;
  remedy: string;
}

const manually = 'or set up the webhook in the dashboard of RevenueCat';

/** @param permission the permission that the request needs */
export function explainFailure(
  { status, message, pauseMs }: RevenueCatApiError,
  permission: string,
): ExplainedFailure {
  if (status === 401) {
    return {
      state: 'unauthorized',
      problem: 'RevenueCat rejects the API key of this integration.',
      remedy: `Enter a secret key of API v2 that has the permission ${permission}, ${manually}.`,
    };
  }
  if (status === 403) {
    return {
      state: 'forbidden',
      problem: `The API key of this integration lacks the permission ${permission}, or belongs to another project.`,
      remedy: `Create a key that has it in RevenueCat (Project settings → API keys), ${manually}.`,
    };
  }
  if (status === 404) {
    return {
      state: 'not_found',
      problem: 'RevenueCat does not know the project or the webhook.',
      remedy: 'Compare the RevenueCat project id with the URL of its dashboard, and check again.',
    };
  }
  if (status === 429) {
    return {
      state: 'unavailable',
      problem: 'RevenueCat accepts 60 such requests a minute, and there were more.',
      remedy: `Try again in ${Math.ceil(pauseMs / 1_000)} s.`,
    };
  }
  if (status === 409) {
    return {
      state: 'unavailable',
      problem: `${message} Another webhook has the name of this one.`,
      remedy: 'Change its URL in the dashboard of RevenueCat, or delete it there.',
    };
  }
  if (status === 400 || status === 422) {
    return {
      state: 'unavailable',
      problem: `RevenueCat does not accept the settings of the webhook: ${message}`,
      remedy: 'Set it up in the dashboard of RevenueCat.',
    };
  }
  return {
    state: 'unavailable',
    problem: `The request to RevenueCat failed: ${message}`,
    remedy: `Try again, ${manually}.`,
  };
}
