import { lifecycleFactsOf, lifecycleName, type RevenueCatEvent, statsigEventNames } from '@app/revenuecat';

/** RevenueCat's types, its own names for Statsig, or those names divided by what happened in the life of a subscription. */
type NamePreset = 'received' | 'rc' | 'lifecycle';

/** How events are named in Statsig: by a preset, by a preset some of whose names are replaced, or by a map from RevenueCat's type. */
export type EventNaming =
  | NamePreset
  | { readonly preset: NamePreset; readonly rename: Readonly<Record<string, string>> }
  | Readonly<Record<string, string>>;

/** The name of an event in Statsig. A name that a map does not contain stays as it is. */
export function eventName(event: RevenueCatEvent, naming: EventNaming): string {
  const { preset, rename } = presetAndRename(naming);
  const name = presetName(event, preset);
  return own(rename, name) ?? name;
}

/** Returns the preset, and which of its names are replaced. A map from RevenueCat's type replaces those of `received`. */
export function presetAndRename(naming: EventNaming): {
  preset: NamePreset;
  rename: Readonly<Record<string, string>>;
} {
  if (typeof naming === 'string') return { preset: naming, rename: {} };
  return isRenamedPreset(naming) ? naming : { preset: 'received', rename: naming };
}

/** A map may contain types named "preset" and "rename", but their names are text. */
function isRenamedPreset(
  naming: Exclude<EventNaming, string>,
): naming is Extract<EventNaming, { preset: NamePreset }> {
  return typeof naming['rename'] === 'object';
}

function presetName(event: RevenueCatEvent, preset: NamePreset): string {
  switch (preset) {
    case 'received':
      return event.type;
    case 'rc':
      return rcName(event.type);
    case 'lifecycle':
      return lifecycleName(lifecycleFactsOf(event)) ?? rcName(event.type);
  }
}

/** RevenueCat publishes `rc_*_event` names for ten types. The others follow the same pattern. */
function rcName(type: string): string {
  return own(statsigEventNames, type) ?? `rc_${type.toLowerCase()}_event`;
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
