import { statsigEventNames } from '@app/revenuecat';

/** How events are named in Statsig: by RevenueCat's type, by RevenueCat's own names for Statsig, or by the user's map. */
export type EventNaming = 'received' | 'rc' | Readonly<Record<string, string>>;

/**
 * The name of an event in Statsig. Types that a map does not contain keep RevenueCat's type.
 * RevenueCat publishes `rc_*_event` names for ten types; the others follow the same pattern.
 */
export function eventName(type: string, naming: EventNaming): string {
  if (naming === 'received') return type;
  if (naming === 'rc') return own(statsigEventNames, type) ?? `rc_${type.toLowerCase()}_event`;
  return own(naming, type) ?? type;
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
