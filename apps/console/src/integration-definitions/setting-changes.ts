import { isDeepStrictEqual } from 'node:util';
import { secretPaths } from '@app/integrations';
import { type SettingChange } from '../../api/integration-definitions';

/**
 * Returns how settings differ: one change for each value that is not an object, in the order of their names. Values of secrets
 * are compared, but not returned.
 */
export function settingChanges(
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): SettingChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isObject(before) || isObject(after)) {
    const [one, other] = [membersOf(before), membersOf(after)];
    const names = [...new Set([...one.keys(), ...other.keys()])].toSorted();
    const isOf = (value: unknown): boolean => value === undefined || isObject(value);
    const areBoth = isObject(before) && isObject(after);
    if (areBoth || (isOf(before) && isOf(after) && names.length > 0)) {
      return names.flatMap((name) => settingChanges(one.get(name), other.get(name), [...path, name]));
    }
  }
  const isSecret = secretPaths.some((secret) => isDeepStrictEqual(secret, path));
  return [
    {
      ...{ path: [...path], isSecret },
      ...(!isSecret && before !== undefined && { before }),
      ...(!isSecret && after !== undefined && { after }),
    },
  ];
}

/** Returns the paths in the input that are not in the settings that a schema made of it. */
export function unknownSettings(
  input: unknown,
  settings: unknown,
  path: readonly string[] = [],
): (readonly string[])[] {
  if (Array.isArray(input) && Array.isArray(settings)) {
    // Items of lists of another length cannot be matched.
    if (input.length !== settings.length) return [];
    return input.flatMap((item, i) => unknownSettings(item, settings[i], [...path, String(i)]));
  }
  if (!isObject(input)) return [];
  const known = membersOf(settings);
  return Object.entries(input).flatMap(([name, value]) =>
    known.has(name) ? unknownSettings(value, known.get(name), [...path, name]) : [[...path, name]],
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is undefined does not exist. */
function membersOf(value: unknown): Map<string, unknown> {
  const members = isObject(value) ? Object.entries(value) : [];
  return new Map(members.filter(([, member]) => member !== undefined));
}
