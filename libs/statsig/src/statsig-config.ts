import { z } from 'zod';

/**
 * An origin, such as https://api.statsig.com. An address with a path, a query, a fragment or credentials is invalid,
 * because requests have their own path and would be sent without the rest.
 */
const origin = z
  .url({ protocol: /^https?$/ })
  .refine(
    isOrigin,
    'Set scheme, host and port only, such as https://api.statsig.com, without a path, query or credentials.',
  );

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return true; // z.url() has reported it.
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === '/' && [search, hash, username, password].every((part) => part === '');
}

/** Settings of every app that sends events to Statsig. */
export const statsigConfig = {
  STATSIG_BASE_URL: origin
    .default('https://api.statsig.com')
    .describe("Origin of Statsig's webhooks, without a path"),
  STATSIG_WEBHOOK_PATH: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'A path begins with "/" and has no spaces.')
    .default('/v1/webhooks/revenuecat')
    .describe("Path of Statsig's RevenueCat webhook"),
  STATSIG_EVENTS_URL: origin
    .default('https://events.statsigapi.net')
    .describe("Origin of Statsig's events API, without a path"),
};
