import { duration, maxTimer } from '@app/platform';
import { z } from 'zod';

/** Settings of the customer profiles in Redis. */
export const profileConfig = {
  PROFILE_TTL: duration('400d').describe('Retention of the profile of a customer without events'),
};

/** Settings of the lookups of new customers in RevenueCat. */
export const lookupConfig = {
  REVENUECAT_API_URL: z
    .url()
    .default('https://api.revenuecat.com')
    .describe("Base URL of RevenueCat's REST API"),
  REVENUECAT_LOOKUP_TIMEOUT: duration('1500ms', { max: maxTimer }).describe(
    'Timeout of the lookups of new customers in RevenueCat, per batch',
  ),
  REVENUECAT_ABSENT_TTL: duration('1h').describe('Retention of lookups that found no customer in RevenueCat'),
};
