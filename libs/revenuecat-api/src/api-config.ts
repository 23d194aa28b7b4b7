import { z } from 'zod';

/** Settings of every app that calls RevenueCat. */
export const revenueCatApiConfig = {
  REVENUECAT_API_URL: z
    .url()
    .default('https://api.revenuecat.com')
    .describe("Base URL of RevenueCat's REST API"),
};
