import { ConfigError, flag, list, secret } from '@app/platform';
import { z } from 'zod';
import { attributeTreatment } from './domain/privacy';
import { filtersSchema } from './domain/filters';
import { type Integration, projectIdSchema } from './domain/integration';
import { eventNamesSchema } from './domain/event-names';
import { defaultEventTypes } from './domain/event-selection';
import { jsonText } from './domain/json-text';
import { revenueSchema } from './domain/revenue';
import { savedIntegrationSchema } from './domain/saved-integration';
import { anonymousCustomersSchema, userIdAttributeSchema } from './domain/user-identity';
import { userPropertiesSchema } from './domain/user-properties';
import { secretBoxConfig } from './secret-box-config';

/** The default project, of the apps and the CLI. */
export const projectConfig = {
  PROJECT_ID: projectIdSchema
    .default('default')
    .describe(
      'Default project: of events and webhooks without a project, and of the integration in these settings',
    ),
};

/** Settings of one integration. Other integrations are stored in Redis. */
export const integrationConfig = {
  ...secretBoxConfig,
  ...projectConfig,
  STATSIG_SERVER_SECRET: secret(
    z
      .string()
      .optional()
      .describe('Statsig server secret key (Statsig console → Settings → Keys & environments)'),
  ),
  STATSIG_FORMAT: z
    .enum(['revenuecat', 'log_event'])
    .default('revenuecat')
    .describe(
      "revenuecat: RevenueCat's envelope to Statsig's webhook; log_event: batches to Statsig's events API",
    ),
  STATSIG_EVENT_NAMES: z
    .union([
      eventNamesSchema.options[0],
      jsonText(z.union([eventNamesSchema.options[1], eventNamesSchema.options[2]])),
    ])
    .default('received')
    .describe(
      "RevenueCat's types (received), its `rc_*_event` names (rc), those by what happened to a subscription (lifecycle), or JSON (docs/formats.md#event-names)",
    ),
  STATSIG_REVENUE: revenueSchema
    .default('gross')
    .describe('What is deducted from the value of an event (docs/formats.md#revenue); format log_event'),
  STATSIG_EVENT_TYPES: list()
    .default([...defaultEventTypes])
    .describe('Types to send, comma-separated; a trailing * matches any suffix'),
  STATSIG_FILTERS: jsonText(filtersSchema)
    .optional()
    .describe(
      'JSON object of filters by app, store, product, country, environment and price (docs/formats.md#filters)',
    ),
  STATSIG_INCLUDE_SANDBOX: flag(false).describe('Send sandbox events too'),
  STATSIG_SANDBOX_SERVER_SECRET: secret(
    z
      .string()
      .optional()
      .describe(
        'Statsig server secret key for sandbox events, if they belong to another Statsig project; has no effect without STATSIG_INCLUDE_SANDBOX',
      ),
  ),
  STATSIG_SANDBOX_TIER: z
    .string()
    .default('development')
    .describe('Statsig environment tier of sandbox events'),
  STATSIG_IDENTITY: z
    .enum(['app_user_id', 'best_known', 'original_app_user_id'])
    .default('app_user_id')
    .describe("Customer id that becomes Statsig's userID"),
  STATSIG_USER_ID_ATTRIBUTE: userIdAttributeSchema
    .unwrap()
    .optional()
    .describe(
      "Customer attribute that becomes Statsig's userID; STATSIG_IDENTITY applies to customers without it",
    ),
  STATSIG_ANONYMOUS_CUSTOMERS: anonymousCustomersSchema
    .default('send')
    .describe(
      'Treatment of events whose userID would be an anonymous id (docs/identity.md#anonymous-customers)',
    ),
  STATSIG_BLOCKED_IDS: list()
    .default([])
    .describe('Further app user ids that do not identify a customer, comma-separated (docs/identity.md)'),
  STATSIG_MAX_REQUESTS_PER_SECOND: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('Maximum number of requests per second to Statsig, of all dispatchers together'),
  STATSIG_CUSTOM_IDS: jsonText(z.record(z.string(), z.string()))
    .optional()
    .describe('JSON map from Statsig id type to its source; format log_event'),
  STATSIG_USER_PROPERTIES: list()
    .pipe(userPropertiesSchema.unwrap())
    .default([])
    .describe(
      "Properties of Statsig's user from the customer's purchases, comma-separated: status, entitlements, product, store, experiments; format log_event (docs/identity.md#user-state)",
    ),
  STATSIG_ATTRIBUTES: jsonText(z.record(z.string(), attributeTreatment))
    .optional()
    .describe('JSON map from attribute name to keep, drop or hash (docs/privacy.md)'),
  STATSIG_SENSITIVE_ATTRIBUTES: attributeTreatment
    .default('drop')
    .describe(
      'Treatment of $ip, phone number, device ids and push tokens that the map does not list (docs/privacy.md)',
    ),
  STATSIG_OTHER_ATTRIBUTES: attributeTreatment
    .default('keep')
    .describe('Treatment of other attributes that the map does not list'),
  STATSIG_ATTRIBUTES_SALT: secret(
    z.string().optional().describe('Salt of hashed attributes; at least 16 characters'),
  ),
  REVENUECAT_API_KEY: secret(
    z
      .string()
      .optional()
      .describe(
        "Secret key of RevenueCat's API v2, for its webhooks and to look up new customers (docs/identity.md)",
      ),
  ),
  REVENUECAT_PROJECT_ID: z
    .string()
    .optional()
    .describe(
      "RevenueCat's id of the project, as in the URL of its dashboard; required with REVENUECAT_API_KEY",
    ),
  REVENUECAT_LOOK_UP_CUSTOMERS: flag(true).describe(
    'Look up new customers with REVENUECAT_API_KEY; if false, the key is only used for webhooks',
  ),
};

export type IntegrationConfig = z.output<z.ZodObject<typeof integrationConfig>>;

export interface PartitionConfig {
  /** Partition count of the project's deliveries topic, from another group of settings. */
  TOPIC_PARTITIONS?: number;
}

/**
 * The integration from the environment, if it has one. Its partition count is not stored: if TOPIC_PARTITIONS changes, earlier
 * and later events of a customer may be in different partitions. Throws {@link ConfigError}.
 */
export function integrationFromEnvironment(
  config: IntegrationConfig & PartitionConfig,
): Integration | undefined {
  if (config.STATSIG_SERVER_SECRET === undefined) return undefined;
  const { REVENUECAT_API_KEY: apiKey, REVENUECAT_PROJECT_ID: revenueCatProjectId } = config;
  if ((apiKey === undefined) !== (revenueCatProjectId === undefined)) {
    throw new ConfigError('Set both REVENUECAT_API_KEY and REVENUECAT_PROJECT_ID, or neither.');
  }
  const result = savedIntegrationSchema.safeParse({
    projectId: config.PROJECT_ID,
    serverSecret: config.STATSIG_SERVER_SECRET,
    sandboxServerSecret: config.STATSIG_SANDBOX_SERVER_SECRET,
    format: config.STATSIG_FORMAT,
    eventNames: config.STATSIG_EVENT_NAMES,
    eventTypes: config.STATSIG_EVENT_TYPES,
    filters: config.STATSIG_FILTERS,
    includeSandbox: config.STATSIG_INCLUDE_SANDBOX,
    sandboxTier: config.STATSIG_SANDBOX_TIER,
    revenue: config.STATSIG_REVENUE,
    identity: config.STATSIG_IDENTITY,
    userIdAttribute: config.STATSIG_USER_ID_ATTRIBUTE ?? null,
    anonymousCustomers: config.STATSIG_ANONYMOUS_CUSTOMERS,
    blockedIds: config.STATSIG_BLOCKED_IDS,
    maxRequestsPerSecond: config.STATSIG_MAX_REQUESTS_PER_SECOND,
    customIds: config.STATSIG_CUSTOM_IDS,
    userProperties: config.STATSIG_USER_PROPERTIES,
    partitions: config.TOPIC_PARTITIONS,
    privacy: {
      attributes: config.STATSIG_ATTRIBUTES,
      sensitiveAttributes: config.STATSIG_SENSITIVE_ATTRIBUTES,
      otherAttributes: config.STATSIG_OTHER_ATTRIBUTES,
      salt: config.STATSIG_ATTRIBUTES_SALT,
    },
    ...(apiKey !== undefined && {
      lookup: { apiKey, revenueCatProjectId, customers: config.REVENUECAT_LOOK_UP_CUSTOMERS },
    }),
  });
  if (result.success) return result.data;
  throw new ConfigError(
    `The integration from the environment is invalid:\n${result.error.issues
      .map(({ path, message }) => `  ${path.join('.')}: ${message}`)
      .join('\n')}`,
  );
}
