import { savedIntegrationSchema } from '../src';
import fc from 'fast-check';

const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((one) => one !== '__proto__');
const entry = text.filter((one) => one.trim() !== '');
const secret = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const treatment = fc.constantFrom('keep', 'drop', 'hash');

const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const filter = (one: fc.Arbitrary<string>) => {
  const entries = fc.array(one, { maxLength: 3 });
  return fc.record({ include: entries, exclude: entries });
};
const amount = optional(fc.double({ min: 0, max: 1e6, noNaN: true }));
const range = optional(fc.record({ min: amount, max: amount }));

const preset = fc.constantFrom('received', 'rc', 'lifecycle');
const names = fc.dictionary(fc.oneof(fc.constantFrom('RENEWAL', 'TRIAL_STARTED', 'REFUND'), text), text);
const idSource = fc.constantFrom(
  ...['app_user_id', 'original_app_user_id', 'anonymous_id', 'original_transaction_id'],
);

const projectId = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/).filter((id) => id !== 'unknown');

/** Integrations with any values of all settings. */
export const anyIntegration = fc
  .record({
    projectId,
    enabled: fc.boolean(),
    serverSecret: secret,
    sandboxServerSecret: optional(secret),
    format: fc.constantFrom('revenuecat', 'log_event'),
    eventNames: fc.oneof(preset, fc.record({ preset, rename: names }), names),
    revenue: fc.constantFrom('gross', 'after_commission', 'after_commission_and_tax'),
    eventTypes: fc.array(text),
    filters: fc.record({
      apps: filter(entry),
      stores: filter(entry),
      products: filter(fc.oneof(fc.constant('com.example.*'), entry)),
      countries: filter(entry),
      environments: filter(fc.constantFrom('PRODUCTION', 'SANDBOX')),
      prices: fc.record({ include: range, exclude: range }),
    }),
    includeSandbox: fc.boolean(),
    sandboxTier: text,
    identity: fc.constantFrom('app_user_id', 'best_known', 'original_app_user_id'),
    userIdAttribute: fc.option(entry),
    anonymousCustomers: fc.constantFrom('send', 'skip', 'custom_id_only'),
    blockedIds: fc.array(entry),
    customIds: fc.dictionary(text, fc.oneof(idSource, text)),
    userProperties: fc.subarray(['status', 'entitlements', 'product', 'store', 'experiments']),
    maxRequestsPerSecond: optional(fc.integer({ min: 1 })),
    privacy: fc.record({
      attributes: fc.dictionary(text, treatment),
      sensitiveAttributes: treatment,
      otherAttributes: treatment,
      salt: optional(fc.string({ minLength: 16 })),
    }),
    partitions: fc.integer({ min: 1, max: 1_000 }),
    lookup: optional(fc.record({ revenueCatProjectId: projectId, apiKey: secret, customers: fc.boolean() })),
  })
  .map((settings) => savedIntegrationSchema.safeParse(settings))
  // Such as hashed attributes without a salt, dropped attributes as ids, and ranges without an end.
  .filter(({ success }) => success)
  .map(({ data }) => data as NonNullable<typeof data>);
