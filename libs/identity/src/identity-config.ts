import { duration, maxTimer } from '@app/platform';
import { revenueCatApiConfig } from '@app/revenuecat-api';

/** Settings of the customer profiles in Redis. */
export const profileConfig = {
  PROFILE_TTL: duration('400d').describe('Retention of the profile of a customer without events'),
};

/** Settings of the lookups of new customers in RevenueCat. */
export const lookupConfig = {
  ...revenueCatApiConfig,
  REVENUECAT_LOOKUP_TIMEOUT: duration('1500ms', { max: maxTimer }).describe(
    'Timeout of the lookups of new customers in RevenueCat, per batch',
  ),
  REVENUECAT_ABSENT_TTL: duration('1h').describe('Retention of lookups that found no customer in RevenueCat'),
};
