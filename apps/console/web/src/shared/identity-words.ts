import type { Attempt } from '../../../api/events';

/** What identifies the user in Statsig. */
export const identityWords: Record<NonNullable<Attempt['identity']>, string> = {
  attribute: 'the attribute of the customer',
  app_user_id: 'the app user id',
  original_app_user_id: 'the original app user id',
  best_known: 'the best known id',
  custom_id: 'custom ids only',
};
