import {
  type Integration,
  integrationSchema,
  memberAt,
  namedSecretsOf,
  omitSecrets,
  restoreSecrets,
  savedIntegrationSchema,
  secretPaths,
  secretsOf,
} from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import { z } from 'zod';
import { type StoredIntegration } from './integration-directory';

interface Issue {
  path: readonly PropertyKey[];
  message: string;
}

const defaults = omitSecrets(integrationSchema.parse({ projectId: 'any', serverSecret: 'unused' }));

/** Without the secrets of an unreadable integration. Undefined if nothing is stored, or its settings are invalid. */
export function readableSettings(stored: StoredIntegration | undefined): Integration | undefined {
  return stored?.kind === 'unreadable' ? stored.sealed && omitSecrets(stored.sealed) : stored?.integration;
}

/**
 * Returns the integration that saving the settings leads to. They replace all settings: one that is omitted has its default. Only
 * secrets, `enabled` and `partitions` stay as stored if they are omitted, also if the stored settings are invalid for this version.
 * Null removes a secret or an optional setting, and without `lookup`, its key is removed with it.
 *
 * Throws 400 with a path to each invalid part, also if an omitted secret is stored but cannot be read.
 *
 * @param path where the settings are in the request
 */
export function draftIntegration(
  projectId: string,
  settings: object,
  stored: StoredIntegration | undefined,
  path: readonly string[] = [],
): Integration {
  const before = readableSettings(stored);
  const raw = stored?.kind === 'unreadable' ? stored.raw : undefined;
  const { enabled, partitions } = before ?? { ...defaults, enabled: memberAt(raw, ['enabled']) !== false };
  const given = { ...defaults, enabled, partitions, ...settings, projectId };
  const parsed = savedIntegrationSchema.safeParse(withoutNulls(restoreSecrets(given, secretsOf(before))));
  const issues = (parsed.error?.issues ?? []).map((issue) =>
    isOmittedSecret(issue.path, given)
      ? { ...issue, message: 'This secret is required, because none is stored that can be decrypted.' }
      : issue,
  );
  const lost = lostSecrets(given, raw);
  if (parsed.success && lost.length === 0) return parsed.data;
  throw invalidSettings(issues.length > 0 ? issues : lost, path);
}

/** Returns settings without members that are null to remove them. */
export function withoutNulls(settings: object): object {
  const { shape } = integrationSchema;
  return Object.fromEntries(
    Object.entries(restoreSecrets(settings, new Map())).filter(
      ([name, value]) => value !== null || !(memberAt(shape, [name]) instanceof z.ZodOptional),
    ),
  );
}

/**
 * Throws 400 if a server secret for sandbox events is saved that has no effect, because operators who save one expect these events
 * in Statsig. An integration that was stored like this before may stay so.
 */
export function requireSandboxEvents(
  { sandboxServerSecret, includeSandbox }: Integration,
  stored: StoredIntegration | undefined,
  path: readonly string[] = [],
): void {
  const before = readableSettings(stored);
  const isAsBefore = before?.includeSandbox === false && before.sandboxServerSecret === sandboxServerSecret;
  if (sandboxServerSecret === undefined || includeSandbox || isAsBefore) return;
  const message =
    'A server secret for sandbox events has no effect, because sandbox events are not sent. Set includeSandbox to true, or sandboxServerSecret to null.';
  throw invalidSettings([{ path: ['sandboxServerSecret'], message }], path);
}

export function invalidSettings(
  issues: readonly Issue[],
  path: readonly string[] = [],
): InvalidRequestException {
  return new InvalidRequestException(
    issues.map((issue) => ({ message: issue.message, path: [...path, ...issue.path] })),
  );
}

function isOmittedSecret(path: readonly PropertyKey[], settings: object): boolean {
  const field = path.join('.');
  return secretPaths.some((secret) => secret.join('.') === field) && !namedSecretsOf(settings).has(field);
}

/** The secrets that cannot be read, and would be removed although the settings do not say so. */
function lostSecrets(settings: object, raw: unknown): Issue[] {
  const message = 'The stored secret cannot be read: provide it again, or set it to null to remove it.';
  return secretPaths
    .filter((path) => memberAt(raw, path) !== undefined && isOmittedSecret(path, settings))
    .filter((path) => Boolean(memberAt(settings, path.slice(0, -1))))
    .map((path) => ({ path, message }));
}
