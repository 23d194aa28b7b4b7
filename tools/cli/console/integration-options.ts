import { readFile } from 'node:fs/promises';
import { jsonProblem } from '@app/revenuecat';
import { type Command } from 'commander';
import { positiveInteger } from '../parse-option';
import { pathOf } from '../read-input';
import { readSecret } from '../secret-input';

/** Command-line options for the settings of an integration. */
export interface IntegrationOptions {
  settings?: string;
  format?: string;
  eventTypes?: string;
  eventNames?: string;
  revenue?: string;
  filters?: string;
  includeSandbox?: true;
  sandboxTier?: string;
  identity?: string;
  userIdAttribute?: string;
  anonymousCustomers?: string;
  userProperties?: string;
  blockedIds?: string;
  customIds?: string;
  maxRequestsPerSecond?: number;
  attributes?: string;
  sensitiveAttributes?: string;
  otherAttributes?: string;
  attributesSaltEnv?: string;
  revenuecatProjectId?: string;
  revenuecatKeyEnv?: string;
  /** False if `--no-customer-lookups` is given; commander sets it to true otherwise. */
  customerLookups: boolean;
  sandboxSecretEnv?: string;
  partitions?: number;
}

export function withIntegrationOptions(command: Command): Command {
  return command
    .option(
      '--settings <file>',
      'JSON file of settings in the format of the API; the options below override it',
    )
    .option('--format <name>', 'log_event (recommended for a new set-up) or revenuecat')
    .option('--event-types <list>', 'types to send, comma-separated; a trailing * matches any suffix')
    .option(
      '--filters <json>',
      'JSON object of filters by apps, stores, products, countries, environments and prices',
    )
    .option(
      '--event-names <names>',
      'received, rc, lifecycle, a JSON map from type to name, or {"preset": …, "rename": …}',
    )
    .option(
      '--revenue <mode>',
      'value of an event: gross, after_commission or after_commission_and_tax; format log_event',
    )
    .option('--include-sandbox', 'send sandbox events too')
    .option('--sandbox-tier <name>', 'Statsig environment tier of sandbox events')
    .option(
      '--identity <name>',
      'customer id that becomes the userID in Statsig: app_user_id, best_known or original_app_user_id',
    )
    .option(
      '--user-properties <list>',
      'properties of the user from purchases, comma-separated: status, entitlements, product, store, experiments',
    )
    .option(
      '--user-id-attribute <name>',
      'customer attribute that becomes the userID; --identity applies to customers without it',
    )
    .option(
      '--anonymous-customers <treatment>',
      'events whose userID would be an anonymous id: send, skip or custom_id_only',
    )
    .option('--blocked-ids <list>', 'app user ids that do not identify a customer, comma-separated')
    .option(
      '--custom-ids <json>',
      'JSON map from Statsig id type to app_user_id, original_app_user_id, anonymous_id, original_transaction_id or the name of an attribute; format log_event',
    )
    .option('--attributes <json>', 'JSON map from attribute name to keep, drop or hash')
    .option(
      '--sensitive-attributes <treatment>',
      'keep, drop or hash device ids, addresses and push tokens that --attributes does not list',
    )
    .option(
      '--other-attributes <treatment>',
      'keep, drop or hash other attributes that --attributes does not list',
    )
    .option('--attributes-salt-env <name>', 'read the salt of hashes from this environment variable')
    .option('--revenuecat-project-id <id>', 'project in RevenueCat, to use its API with --revenuecat-key-env')
    .option(
      '--revenuecat-key-env <name>',
      'read the secret key of the API of RevenueCat from this environment variable; needs --revenuecat-project-id',
    )
    .option(
      '--no-customer-lookups',
      'use the API of RevenueCat for its webhooks only, and do not look up new customers',
    )
    .option(
      '--sandbox-secret-env <name>',
      'read the server secret for sandbox events from this environment variable',
    )
    .option(
      '--max-requests-per-second <count>',
      'maximum number of requests per second to Statsig, of all dispatchers together',
      positiveInteger,
    )
    .option(
      '--partitions <count>',
      'maximum number of dispatchers that share the events of the project; it cannot be changed later',
      positiveInteger,
    );
}

/**
 * Returns the settings in the format of the API, which validates them. Of an object in the file, options replace single members.
 */
export async function readSettings(options: IntegrationOptions): Promise<Record<string, unknown>> {
  const { format, revenue, includeSandbox, sandboxTier, identity, userIdAttribute } = options;
  const { eventNames, anonymousCustomers, maxRequestsPerSecond, partitions } = options;
  const inFile = await readFileSettings(options.settings);
  const given = {
    ...{ format, revenue, includeSandbox, sandboxTier, identity, userIdAttribute },
    ...{ anonymousCustomers, maxRequestsPerSecond, partitions },
    eventTypes: splitList(options.eventTypes),
    eventNames: eventNames?.startsWith('{') === true ? parseJson(eventNames, '--event-names') : eventNames,
    filters: parseJson(options.filters, '--filters'),
    customIds: parseJson(options.customIds, '--custom-ids'),
    userProperties: splitList(options.userProperties),
    blockedIds: splitList(options.blockedIds),
    sandboxServerSecret: await readOptionalSecret(
      'the Statsig server secret key for sandbox events',
      options.sandboxSecretEnv,
    ),
    privacy: withGiven(inFile['privacy'], {
      attributes: parseJson(options.attributes, '--attributes'),
      sensitiveAttributes: options.sensitiveAttributes,
      otherAttributes: options.otherAttributes,
      salt: await readOptionalSecret('the salt of hashed attributes', options.attributesSaltEnv),
    }),
    lookup: withGiven(inFile['lookup'], {
      revenueCatProjectId: options.revenuecatProjectId,
      apiKey: await readOptionalSecret('the secret key of the API of RevenueCat', options.revenuecatKeyEnv),
      ...(!options.customerLookups && { customers: false }),
    }),
  };
  return { ...inFile, ...withoutUndefined(given) };
}

async function readFileSettings(file: string | undefined): Promise<Record<string, unknown>> {
  return file === undefined
    ? {}
    : (parseJson(await readFile(pathOf(file), 'utf8'), file) as Record<string, unknown>);
}

/** Undefined if no member is given: then the object is that of the file. */
function withGiven(inFile: unknown, members: Record<string, unknown>): unknown {
  const given = withoutUndefined(members);
  return Object.keys(given).length === 0 ? undefined : { ...(inFile as object | undefined), ...given };
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

async function readOptionalSecret(what: string, variable: string | undefined): Promise<string | undefined> {
  return variable === undefined ? undefined : readSecret(what, variable);
}

function splitList(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Unlike `JSON.parse`, throws an error that does not quote the text, which may contain secrets. */
function parseJson(text: string | undefined, where: string): unknown {
  if (text === undefined) return undefined;
  const problem = jsonProblem(text);
  if (problem !== undefined) throw new Error(`${where} is not valid JSON: ${problem}`);
  return JSON.parse(text);
}
