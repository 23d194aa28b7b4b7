import { z } from 'zod';
import { integrationSchema } from './integration';
import { secretField } from './secret-field';

/** The secrets of an integration, in the order of the schema. */
export const secretPaths: readonly (readonly string[])[] = pathsOfSecrets(integrationSchema);

const fieldOf = (path: readonly string[]): string => path.join('.');

/** Returns the paths of the secrets in a schema. Secrets in lists and maps are not supported. */
function pathsOfSecrets(schema: unknown): string[][] {
  if (schema instanceof z.ZodType && secretField.has(schema)) return [[]];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return pathsOfSecrets(schema.unwrap());
  }
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, member]) =>
    pathsOfSecrets(member).map((path) => [name, ...path]),
  );
}

/** Returns the secrets of settings, valid or not, by field, such as `lookup.apiKey`. */
export function secretsOf(settings: unknown): Map<string, string> {
  return new Map(
    secretPaths.flatMap((path) => {
      const secret = memberAt(settings, path);
      return typeof secret === 'string' ? [[fieldOf(path), secret] as const] : [];
    }),
  );
}

/** Returns the fields of the secrets that settings name, with any value: text, null, or an invalid one. */
export function namedSecretsOf(settings: unknown): Set<string> {
  return new Set(secretPaths.filter((path) => memberAt(settings, path) !== undefined).map(fieldOf));
}

export function omitSecrets<T extends object>(settings: T): T {
  return replaceSecrets(settings, new Map());
}

/**
 * Returns settings with the stored secrets that they do not name. Null removes a secret. A secret whose object is missing, such as
 * the key of a `lookup` that does not exist any more, is not restored.
 */
export function restoreSecrets<T extends object>(settings: T, stored: ReadonlyMap<string, string>): T {
  const named = namedSecretsOf(settings);
  const kept = [...stored].filter(([field]) => !named.has(field));
  return replaceSecrets(settings, new Map([...kept, ...secretsOf(settings)]));
}

/**
 * Returns the settings with these secrets by field, and without any others, or null in their place. A secret whose object is
 * missing is not added.
 */
export function replaceSecrets<T extends object>(settings: T, secrets: ReadonlyMap<string, string>): T {
  const copy = structuredClone(settings);
  for (const path of secretPaths) {
    const parent = memberAt(copy, path.slice(0, -1));
    const name = path.at(-1);
    if (typeof parent !== 'object' || parent === null || name === undefined) continue;
    const secret = secrets.get(fieldOf(path));
    const replaced = memberAt(parent, [name]);
    if (secret !== undefined) Object.assign(parent, { [name]: secret });
    else if (typeof replaced === 'string' || replaced === null) Reflect.deleteProperty(parent, name);
  }
  return copy;
}

/** Undefined if a part of the path is missing. */
export function memberAt(settings: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    settings,
  );
}
