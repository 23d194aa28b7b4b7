import { readFile } from 'node:fs/promises';
import { type Command } from 'commander';

/** Command-line options for the settings of an integration. */
export interface IntegrationOptions {
  settings?: string;
  format?: string;
  eventTypes?: string;
  eventNames?: string;
  filters?: string;
  includeSandbox?: true;
  sandboxTier?: string;
  identity?: string;
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
    .option('--format <name>', 'revenuecat or log_event')
    .option('--event-types <list>', 'types to send, comma-separated; a trailing * matches any suffix')
    .option('--event-names <names>', 'received, rc, or a JSON map from type to name')
    .option(
      '--filters <json>',
      'JSON object of filters by apps, stores, products, countries, environments and prices',
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
    .option('--blocked-ids <list>', 'app user ids that do not identify a customer, comma-separated')
    .option(
      '--partitions <count>',
      'maximum number of dispatchers that share the events of the project; it cannot be changed later',
    );
}

/** Returns the settings in the format of the API, which validates them. */
export async function readSettings(options: IntegrationOptions): Promise<Record<string, unknown>> {
  const { settings, format, eventTypes, eventNames, includeSandbox, sandboxTier, identity } = options;
  const { filters, userProperties, blockedIds, partitions } = options;
  const given = {
    format,
    eventTypes: splitList(eventTypes),
    eventNames: eventNames?.startsWith('{') === true ? parseJson(eventNames, '--event-names') : eventNames,
    filters: filters === undefined ? undefined : parseJson(filters, '--filters'),
    includeSandbox,
    sandboxTier,
    identity,
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
