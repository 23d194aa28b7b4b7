/**
 * The secrets of an integration: they are stored encrypted, and never shown. Everything else is stored and shown as it is, so
 * a secret that is missing here is neither encrypted nor hidden.
 */
export const secretPaths: readonly (readonly string[])[] = [
  ['serverSecret'],
  ['sandboxServerSecret'],
  ['privacy', 'salt'],
  ['lookup', 'apiKey'],
];

const fieldOf = (path: readonly string[]): string => path.join('.');

/** Returns the secrets of settings, valid or not, by field, such as `lookup.apiKey`. */
export function secretsOf(settings: unknown): Map<string, string> {
  return new Map(
    secretPaths.flatMap((path) => {
      const secret = path.reduce(memberOf, settings);
      return typeof secret === 'string' ? [[fieldOf(path), secret] as const] : [];
    }),
  );
}

/** Returns the fields of the secrets that settings name, with any value: text, null, or an invalid one. */
export function namedSecretsOf(settings: unknown): Set<string> {
  return new Set(secretPaths.filter((path) => path.reduce(memberOf, settings) !== undefined).map(fieldOf));
}

/**
 * Returns the settings with these secrets by field, and without any others, or null in their place. A secret whose object is
 * missing is left out: it has no effect without the other settings there.
 */
export function withSecrets<T extends object>(settings: T, secrets: ReadonlyMap<string, string>): T {
  const copy = structuredClone(settings);
  for (const path of secretPaths) {
    const parent = path.slice(0, -1).reduce<unknown>(memberOf, copy);
    const name = path.at(-1);
    if (typeof parent !== 'object' || parent === null || name === undefined) continue;
    const secret = secrets.get(fieldOf(path));
    const replaced = memberOf(parent, name);
    if (secret !== undefined) Object.assign(parent, { [name]: secret });
    else if (typeof replaced === 'string' || replaced === null) Reflect.deleteProperty(parent, name);
  }
  return copy;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
