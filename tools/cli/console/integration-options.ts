import { readFile } from 'node:fs/promises';
import { type Command } from 'commander';

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
  partitions?: string;
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
      '--partitions <count>',
      'maximum number of dispatchers that share the events of the project; it cannot be changed later',
    );
}

/** Returns the settings in the format of the API, which validates them. */
export async function readSettings(options: IntegrationOptions): Promise<Record<string, unknown>> {
  const { settings, format, eventTypes, eventNames, includeSandbox, sandboxTier, identity } = options;
  const { revenue, filters, userIdAttribute, anonymousCustomers } = options;
  const { userProperties, blockedIds, partitions } = options;
  const given = {
    format,
    eventTypes: splitList(eventTypes),
    eventNames: eventNames?.startsWith('{') === true ? parseJson(eventNames, '--event-names') : eventNames,
    revenue,
    filters: filters === undefined ? undefined : parseJson(filters, '--filters'),
    includeSandbox,
    sandboxTier,
    identity,
    userIdAttribute,
    anonymousCustomers,
    userProperties: splitList(userProperties),
    blockedIds: splitList(blockedIds),
    partitions: partitions === undefined ? undefined : Number(partitions),
  };
  return {
    ...(settings === undefined ? {} : (parseJson(await readFile(settings, 'utf8'), settings) as object)),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

function splitList(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${where} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
}
