import { z } from 'zod';
import { eventNamesSchema } from './event-names';
import { defaultEventTypes } from './event-selection';
import { filtersSchema } from './filters';
import { privacySchema } from './privacy';
import { revenueSchema } from './revenue';
import { secretField } from './secret-field';
import { anonymousCustomersSchema, userIdAttributeSchema } from './user-identity';
import { userPropertiesSchema } from './user-properties';

/** Stands for all projects that do not exist, in metrics and counts of rejected webhooks. */
export const unknownProject = 'unknown';

export const projectIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'A project id has 1 to 64 letters, digits, "_" or "-".')
  .refine((id) => id !== unknownProject, `The project id "${unknownProject}" is reserved.`);

const serverSecret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'A server secret key has no spaces or line breaks.')
  .register(secretField, {});

/** How one project's events reach Statsig. */
export const integrationSchema = z.object({
  projectId: projectIdSchema,
  /** False: events wait, in order, until it is true again. */
  enabled: z.boolean().default(true),
  /** Statsig's server secret key. */
  serverSecret,
  /**
   * Server secret key for sandbox events, of another Statsig project. If absent, they are sent with `serverSecret`. It has no
   * effect without `includeSandbox`.
   */
  sandboxServerSecret: serverSecret.optional(),
  format: z.enum(['revenuecat', 'log_event']).default('revenuecat'),
  eventNames: eventNamesSchema.default('received'),
  /** Format `log_event` only. */
  revenue: revenueSchema.default('gross'),
  /** A trailing `*` matches any ending. */
  eventTypes: z.array(z.string().min(1)).default([...defaultEventTypes]),
  filters: filtersSchema.prefault({}),
  includeSandbox: z.boolean().default(false),
  /** Statsig environment tier of sandbox events: they must never count as production. */
  sandboxTier: z
    .string()
    .min(1)
    .refine(
      (tier) => tier.toLowerCase() !== 'production',
      'Sandbox events must not be in the tier "production".',
    )
    .default('development'),
  identity: z.enum(['app_user_id', 'best_known', 'original_app_user_id']).default('app_user_id'),
  userIdAttribute: userIdAttributeSchema.default(null),
  anonymousCustomers: anonymousCustomersSchema.default('send'),
  /**
   * App user ids that do not identify a customer, such as the id of a shared device, in addition to those that are blocked for
   * every project. Case-insensitive.
   */
  blockedIds: z.array(z.string().trim().min(1)).default([]),
  /**
   * Statsig id type → `app_user_id`, `original_app_user_id`, `anonymous_id`, `original_transaction_id` or the name of a customer
   * attribute. Format `log_event` only.
   */
  customIds: z
    .record(z.string().min(1), z.string().min(1))
    .default({ revenuecatOriginalAppUserId: 'original_app_user_id' }),
  /** Format `log_event` only. From when any is selected, the purchases and experiments of customers are collected. */
  userProperties: userPropertiesSchema,
  /** Maximum requests to Statsig per second, of all dispatchers together. */
  maxRequestsPerSecond: z.number().int().positive().optional(),
  privacy: privacySchema.prefault({}),
  /**
   * Partitions of the project's deliveries topic. Keys are assigned to partitions by this count, whatever the topic has,
   * so it is fixed when the integration is created: changing it would separate a customer's earlier and later events.
   */
  partitions: z.number().int().min(1).max(1_000).default(12),
  /** Access to RevenueCat's API, for its webhooks and for lookups of unknown customers. */
  lookup: z
    .object({
      /** Id of the project in RevenueCat, as in the URL of its dashboard. */
      revenueCatProjectId: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'A RevenueCat project id has letters and digits.'),
      /** A secret key of RevenueCat's API v2. */
      apiKey: z
        .string()
        .trim()
        .regex(/^[\x21-\x7e]+$/, 'An API key has no spaces or line breaks.')
        .register(secretField, {}),
      /** Whether unknown customers are looked up. False: the key is only for webhooks, and need not be able to read customers. */
      customers: z.boolean().default(true),
    })
    .optional(),
});

export type Integration = z.output<typeof integrationSchema>;
/** An integration as input: members with a default may be missing. */
export type IntegrationInput = z.input<typeof integrationSchema>;
