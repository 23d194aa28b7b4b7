import { type Integration } from '@app/integrations';
import { BadRequestException } from '@nestjs/common';
import { type ChangedIntegration } from './integration-input';
import { type StoredIntegration } from './integration-directory';

/**
 * Replaces the settings of an integration and keeps the stored secrets that are omitted. The result is not validated yet.
 * Throws if an omitted secret cannot be decrypted.
 */
export function withSettings(
  projectId: string,
  stored: StoredIntegration,
  settings: ChangedIntegration,
): Record<string, unknown> {
  const { lookup, privacy, serverSecret, sandboxServerSecret, maxRequestsPerSecond, ...others } = settings;
  const before = secretsOf(stored);
  const salt = privacy.salt ?? before.salt;
  const secret = serverSecret ?? before.serverSecret;
  if (secret === undefined) throw missingSecret('serverSecret');
  if (lookup === undefined && stored.kind === 'unreadable' && stored.sealed?.lookup !== undefined) {
    throw missingSecret('lookup.apiKey, or set lookup to null');
  }
  if (
    sandboxServerSecret === undefined &&
    stored.kind === 'unreadable' &&
    stored.sealed?.sandboxServerSecret !== undefined
  ) {
    throw missingSecret('sandboxServerSecret, or set it to null');
  }
  return {
    ...(stored.kind === 'ready' ? stored.integration : stored.sealed),
    ...others,
    ...(maxRequestsPerSecond !== undefined && { maxRequestsPerSecond: maxRequestsPerSecond ?? undefined }),
    projectId,
    serverSecret: secret,
    sandboxServerSecret:
      sandboxServerSecret === undefined ? before.sandboxServerSecret : (sandboxServerSecret ?? undefined),
    privacy: { ...privacy, ...(salt !== undefined && { salt }) },
    lookup: lookup === undefined ? before.lookup : lookupWithKey(lookup, before.lookup?.apiKey),
  };
}

/** Returns the names of the secrets that the settings replace. */
export function replacedSecrets({
  serverSecret,
  sandboxServerSecret,
  lookup,
  privacy,
}: ChangedIntegration): string[] {
  return [
    ...(serverSecret === undefined ? [] : ['serverSecret']),
    ...(sandboxServerSecret === undefined ? [] : ['sandboxServerSecret']),
    ...(privacy.salt === undefined ? [] : ['privacy.salt']),
    ...(lookup?.apiKey === undefined ? [] : ['lookup.apiKey']),
  ];
}

/** Returns the secrets that can be decrypted. */
function secretsOf(stored: StoredIntegration): {
  serverSecret?: string;
  sandboxServerSecret?: string | undefined;
  salt?: string | undefined;
  lookup?: Integration['lookup'];
} {
  if (stored.kind === 'unreadable') return {};
  const { serverSecret, sandboxServerSecret, privacy, lookup } = stored.integration;
  return { serverSecret, sandboxServerSecret, salt: privacy.salt, lookup };
}

function lookupWithKey(
  lookup: NonNullable<ChangedIntegration['lookup']> | null,
  storedKey: string | undefined,
): Integration['lookup'] {
  if (lookup === null) return undefined;
  const { revenueCatProjectId, apiKey = storedKey } = lookup;
  if (apiKey !== undefined) return { revenueCatProjectId, apiKey };
  throw new BadRequestException('RevenueCat lookups need an API key: provide lookup.apiKey.');
}

function missingSecret(what: string): BadRequestException {
  return new BadRequestException(`The stored secrets cannot be decrypted: provide ${what}.`);
}
