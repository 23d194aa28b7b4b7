import { markdownTable } from './markdown-table';

/** Where a setting of an integration is set. */
interface SettingPlaces {
  /** Environment variable, for the integration from the environment. */
  variable: string | undefined;
  /** Option of `integrations add`, or another command. */
  cli: string;
  /** Label in the console. */
  label: string;
}

/** Every setting of an integration by its name in the API. */
export const integrationSettings: Readonly<Record<string, SettingPlaces>> = {
  projectId: { variable: 'PROJECT_ID', cli: 'integrations add <project>', label: 'Project' },
  enabled: { variable: undefined, cli: 'integrations pause', label: 'Pause' },
  serverSecret: {
    variable: 'STATSIG_SERVER_SECRET',
    cli: '--secret-env',
    label: 'Statsig server secret key',
  },
  format: { variable: 'STATSIG_FORMAT', cli: '--format', label: 'Format' },
  eventNames: { variable: 'STATSIG_EVENT_NAMES', cli: '--event-names', label: 'Event names in Statsig' },
  revenue: { variable: 'STATSIG_REVENUE', cli: '--revenue', label: 'Value of an event' },
  eventTypes: { variable: 'STATSIG_EVENT_TYPES', cli: '--event-types', label: 'Event types' },
  filters: { variable: 'STATSIG_FILTERS', cli: '--filters', label: 'Filters' },
  includeSandbox: {
    variable: 'STATSIG_INCLUDE_SANDBOX',
    cli: '--include-sandbox',
    label: 'Send sandbox events',
  },
  sandboxServerSecret: {
    variable: 'STATSIG_SANDBOX_SERVER_SECRET',
    cli: '--sandbox-secret-env',
    label: 'Server secret key for sandbox events',
  },
  sandboxTier: {
    variable: 'STATSIG_SANDBOX_TIER',
    cli: '--sandbox-tier',
    label: 'Environment tier of sandbox events',
  },
  identity: { variable: 'STATSIG_IDENTITY', cli: '--identity', label: 'Statsig userID' },
  userIdAttribute: {
    variable: 'STATSIG_USER_ID_ATTRIBUTE',
    cli: '--user-id-attribute',
    label: 'Attribute with the Statsig userID',
  },
  anonymousCustomers: {
    variable: 'STATSIG_ANONYMOUS_CUSTOMERS',
    cli: '--anonymous-customers',
    label: 'Anonymous customers',
  },
  blockedIds: { variable: 'STATSIG_BLOCKED_IDS', cli: '--blocked-ids', label: 'Blocked ids' },
  customIds: { variable: 'STATSIG_CUSTOM_IDS', cli: '--custom-ids', label: 'Custom ids' },
  userProperties: {
    variable: 'STATSIG_USER_PROPERTIES',
    cli: '--user-properties',
    label: 'User properties',
  },
  maxRequestsPerSecond: {
    variable: 'STATSIG_MAX_REQUESTS_PER_SECOND',
    cli: '--max-requests-per-second',
    label: 'Maximum requests per second to Statsig',
  },
  'privacy.attributes': {
    variable: 'STATSIG_ATTRIBUTES',
    cli: '--attributes',
    label: 'Attributes by name',
  },
  'privacy.sensitiveAttributes': {
    variable: 'STATSIG_SENSITIVE_ATTRIBUTES',
    cli: '--sensitive-attributes',
    label: 'Sensitive attributes',
  },
  'privacy.otherAttributes': {
    variable: 'STATSIG_OTHER_ATTRIBUTES',
    cli: '--other-attributes',
    label: 'Customer attributes',
  },
  'privacy.salt': {
    variable: 'STATSIG_ATTRIBUTES_SALT',
    cli: '--attributes-salt-env',
    label: 'Salt of hashes',
  },
  partitions: { variable: 'TOPIC_PARTITIONS', cli: '--partitions', label: 'Partitions' },
  'lookup.revenueCatProjectId': {
    variable: 'REVENUECAT_PROJECT_ID',
    cli: '--revenuecat-project-id',
    label: 'RevenueCat project id',
  },
  'lookup.apiKey': {
    variable: 'REVENUECAT_API_KEY',
    cli: '--revenuecat-key-env',
    label: 'RevenueCat secret API key',
  },
  'lookup.customers': {
    variable: 'REVENUECAT_LOOK_UP_CUSTOMERS',
    cli: '--no-customer-lookups',
    label: 'Look up new customers in RevenueCat',
  },
};

/** The names of each setting, as Markdown. */
export function integrationSettingsTable(): string {
  return markdownTable(
    ['setting', 'environment variable', 'command line', 'console'],
    Object.entries(integrationSettings).map(([name, { variable, cli, label }]) => [
      `\`${name}\``,
      variable === undefined ? '' : `\`${variable}\``,
      `\`${cli}\``,
      label,
    ]),
  );
}
