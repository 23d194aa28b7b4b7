import { type CustomerIds, isAnonymous, preferredId } from '@app/revenuecat';

/**
 * Which id is Statsig's `userID`. RevenueCat's page on its own integration asks for `app_user_id`
 * (https://www.revenuecat.com/docs/integrations/third-party-integrations/statsig).
 */
export type IdentityRule = 'app_user_id' | 'best_known' | 'original_app_user_id';

export function userIdOf(customer: CustomerIds, rule: IdentityRule): string | undefined {
  const { appUserId, originalAppUserId, aliases } = customer;
  const known = [appUserId, originalAppUserId, ...aliases.toSorted()].filter((id) => id !== undefined);
  switch (rule) {
    case 'app_user_id':
      return appUserId ?? preferredId(known);
    case 'original_app_user_id':
      return originalAppUserId ?? preferredId(known);
    case 'best_known':
      return preferredId(known);
  }
}

export function anonymousIdOf({ appUserId, originalAppUserId, aliases }: CustomerIds): string | undefined {
  return [originalAppUserId, appUserId, ...aliases.toSorted()].find(
    (id) => id !== undefined && isAnonymous(id),
  );
}
