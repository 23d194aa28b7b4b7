import { type Integration } from '@app/integrations';
import { BadRequestException } from '@nestjs/common';
import { type ChangedIntegration } from './integration-input';
import { type StoredIntegration } from './integration-directory';

/**
 * An integration with other settings, not validated yet: a secret that is left out of them stays as it is. Throws if one is
 * left out that cannot be opened.
 */
export function withSettings(
  projectId: string,
  stored: StoredIntegration,
  settings: ChangedIntegration,
): Record<string, unknown> {
  const { lookup, privacy, serverSecret, ...others } = settings;
  const before = secretsOf(stored);
  const salt = privacy.salt ?? before.salt;
  const secret = serverSecret ?? before.serverSecret;
  if (secret === undefined) throw unopened('serverSecret');
  if (lookup === undefined && stored.kind === 'unreadable' && stored.sealed?.lookup !== undefined) {
    throw unopened('lookup.apiKey, or null as lookup');
  }
  return {
    ...(stored.kind === 'ready' ? stored.integration : stored.sealed),
    ...others,
    projectId,
    serverSecret: secret,
    privacy: { ...privacy, ...(salt !== undefined && { salt }) },
    lookup: lookup === undefined ? before.lookup : lookupWithKey(lookup, before.lookup?.apiKey),
  };
}

/** The secrets that settings replace, by name. */
export function replacedSecrets({ serverSecret, lookup, privacy }: ChangedIntegration): string[] {
  return [
    ...(serverSecret === undefined ? [] : ['serverSecret']),
    ...(privacy.salt === undefined ? [] : ['privacy.salt']),
    ...(lookup?.apiKey === undefined ? [] : ['lookup.apiKey']),
  ];
}

/** Those that can be opened. */
function secretsOf(stored: StoredIntegration): {
  serverSecret?: string;
  salt?: string | undefined;
  lookup?: Integration['lookup'];
} {
  if (stored.kind === 'unreadable') return {};
  const { serverSecret, privacy, lookup } = stored.integration;
  return { serverSecret, salt: privacy.salt, lookup };
}

function lookupWithKey(
  lookup: NonNullable<ChangedIntegration['lookup']> | null,
  storedKey: string | undefined,
): Integration['lookup'] {
  if (lookup === null) return undefined;
  const { revenueCatProjectId, apiKey = storedKey } = lookup;
  if (apiKey !== undefined) return { revenueCatProjectId, apiKey };
  throw new BadRequestException('RevenueCat cannot be asked without a key: give lookup.apiKey, too.');
}

function unopened(what: string): BadRequestException {
  return new BadRequestException(`The stored secrets cannot be opened: give ${what}, too.`);
}
