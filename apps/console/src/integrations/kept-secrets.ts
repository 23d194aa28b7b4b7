import { type Integration } from '@app/integrations';
import { BadRequestException } from '@nestjs/common';
import { type IntegrationSettings } from './integration-input';

/** An integration with other settings: a secret that is left out of them stays as it is. */
export function withSettings(stored: Integration, settings: IntegrationSettings): Integration {
  const { lookup, privacy, ...others } = settings;
  const { lookup: storedLookup, ...rest } = stored;
  const salt = privacy.salt ?? stored.privacy.salt;
  const kept = lookup === undefined ? storedLookup : lookupWithKey(lookup, storedLookup?.apiKey);
  return {
    ...rest,
    ...others,
    privacy: { ...privacy, ...(salt !== undefined && { salt }) },
    ...(kept !== undefined && { lookup: kept }),
  };
}

/** The secrets that settings replace, by name: what may be told of them. */
export function replacedSecrets({ lookup, privacy }: IntegrationSettings): string[] {
  return [
    ...(privacy.salt === undefined ? [] : ['privacy.salt']),
    ...(lookup?.apiKey === undefined ? [] : ['lookup.apiKey']),
  ];
}

function lookupWithKey(
  lookup: NonNullable<IntegrationSettings['lookup']> | null,
  storedKey: string | undefined,
): Integration['lookup'] {
  if (lookup === null) return undefined;
  const { revenueCatProjectId, apiKey = storedKey } = lookup;
  if (apiKey !== undefined) return { revenueCatProjectId, apiKey };
  throw new BadRequestException('RevenueCat cannot be asked without a key: give lookup.apiKey, too.');
}
