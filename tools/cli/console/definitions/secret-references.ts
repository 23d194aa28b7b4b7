import { readFileSync } from 'node:fs';
import { memberAt, secretPaths } from '@app/integrations';
import { z } from 'zod';
import { pathOf } from '../../read-input';
import { type Definition, type FileProblem } from './read-definitions';

/** Stands for a secret in a file. */
const reference = z.union([
  z.strictObject({ fromEnv: z.string().min(1) }),
  z.strictObject({ fromFile: z.string().min(1) }),
]);

/** Returns the settings with the values of their secrets, and what is wrong with the references. */
export function resolveSecrets(
  { settings, positionOf }: Definition,
  env: NodeJS.ProcessEnv,
): { settings: Record<string, unknown>; problems: FileProblem[] } {
  const problems: FileProblem[] = [];
  let resolved = settings;
  for (const path of secretPaths) {
    const value = memberAt(settings, path);
    // Null removes the stored secret.
    if (value === undefined || value === null) continue;
    const result = resolve(value, env);
    if ('problem' in result) problems.push({ position: positionOf(path), detail: result.problem });
    else resolved = withValue(resolved, path, result.secret);
  }
  return { settings: resolved, problems };
}

function resolve(value: unknown, env: NodeJS.ProcessEnv): { secret: string } | { problem: string } {
  const parsed = reference.safeParse(value);
  if (!parsed.success) {
    return {
      problem:
        'A secret must be a reference, { fromEnv: NAME } or { fromFile: path }. Without it, the stored secret stays unchanged; null removes it.',
    };
  }
  if ('fromEnv' in parsed.data) {
    const name = parsed.data.fromEnv;
    const secret = env[name];
    return secret === undefined || secret === ''
      ? { problem: `${name} is not set. Set it, or remove the reference to keep the stored secret.` }
      : { secret };
  }
  try {
    return { secret: readFileSync(pathOf(parsed.data.fromFile), 'utf8').replace(/[\r\n]+$/, '') };
  } catch (error) {
    return { problem: `The file of the secret cannot be read: ${(error as Error).message}` };
  }
}

/** @param fields the secrets that exist, such as `lookup.apiKey` */
export function withReferences(
  projectId: string,
  settings: Record<string, unknown>,
  fields: readonly string[],
  usedNames: Set<string>,
): Record<string, unknown> {
  return fields.reduce<Record<string, unknown>>(
    (result, field) => withValue(result, field.split('.'), { fromEnv: nameOf(projectId, field, usedNames) }),
    settings,
  );
}

/** `lookup.apiKey` of the project `my-shop` is `LOOKUP_API_KEY_MY_SHOP`, with a number if another project has this name. */
function nameOf(projectId: string, field: string, usedNames: Set<string>): string {
  const words = `${field.replaceAll(/([a-z])([A-Z])/g, '$1_$2')}_${projectId}`;
  const name = words.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase();
  let unique = name;
  for (let i = 2; usedNames.has(unique); i += 1) unique = `${name}_${i}`;
  usedNames.add(unique);
  return unique;
}

function withValue(
  settings: Record<string, unknown>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const member =
    rest.length === 0 ? value : withValue(Object(settings[name]) as Record<string, unknown>, rest, value);
  return { ...settings, [name]: member };
}
