import { invalidShape, isObject, type JsonObject, text } from './json-shape';

/** Statsig keeps an event only if it has a `userID` or at least one of `customIDs`. */
export function requireIdentity(user: JsonObject | undefined, where: string): string | undefined {
  const userId = text(user?.['userID']);
  if (userId !== undefined) return userId;
  const customIds = user?.['customIDs'];
  if (!isObject(customIds) || Object.keys(customIds).length === 0) {
    throw invalidShape(`${where}.userID (or ${where}.customIDs)`, 'given', user?.['userID']);
  }
  return undefined;
}

/** No tier means production (https://docs.statsig.com/guides/using-environments). */
export function tierOf(user: JsonObject | undefined): string {
  const environment = user?.['statsigEnvironment'];
  return (isObject(environment) ? text(environment['tier']) : undefined) ?? 'production';
}

export function isProductionTier(tier: string): boolean {
  return tier.toLowerCase() === 'production';
}

/** Statsig's events have no id field, so senders put theirs into the metadata. */
export function idInMetadata(metadata: JsonObject | undefined): string | undefined {
  return text(metadata?.['revenuecat_event_id']) ?? text(metadata?.['event_id']);
}

export function eventValue(value: unknown, where: string): string | number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw invalidShape(where, 'a string or a number', value);
}
