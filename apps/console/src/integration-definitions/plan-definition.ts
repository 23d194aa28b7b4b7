import {
  type Integration,
  namedSecretsOf,
  savedIntegrationSchema,
  secretPaths,
  secretsOf,
  withSecrets,
} from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import { type SettingChange } from '../../api/integration-definitions';
import { type StoredIntegration } from '../integrations/integration-directory';
import { settingChanges, unknownSettings } from './setting-changes';

interface Current {
  stored: StoredIntegration | undefined;
  /** Partition count of the existing integration or topic. */
  partitions: number | undefined;
  /** Partition count of a new topic. */
  defaultPartitions: number;
}

/**
 * Returns the integration that a definition describes, and how it differs from the current one. Works for every setting of the
 * schema. Throws {@link InvalidRequestException} with a path to each invalid part.
 */
export function planDefinition(
  projectId: string,
  definition: Record<string, unknown>,
  { stored: current, partitions, defaultPartitions }: Current,
): { integration: Integration; changes: SettingChange[] } {
  const before = current?.kind === 'unreadable' ? withoutSecrets(current.sealed) : current?.integration;
  const kept = { enabled: before?.enabled ?? true, partitions: partitions ?? defaultPartitions };
  const settings = withSecrets(definition, secretsOf(definition));
  const named = namedSecretsOf(definition);
  const stored = [...secretsOf(before)].filter(([field]) => !named.has(field));
  const complete = withSecrets(
    { ...kept, ...settings, projectId },
    new Map([...stored, ...secretsOf(definition)]),
  );
  const parsed = savedIntegrationSchema.safeParse(complete);
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => ({ path, message: explain(path, message, complete) })),
    );
  }
  const { projectId: given = projectId } = settings;
  if (given !== projectId) {
    throw invalid([{ path: ['projectId'], message: `It must be "${projectId}", as in the URL.` }]);
  }
  const unknown = unknownSettings(settings, parsed.data);
  if (unknown.length > 0) {
    throw invalid(unknown.map((path) => ({ path, message: 'There is no such setting.' })));
  }
  if (partitions !== undefined && parsed.data.partitions !== partitions) {
    const message = `It cannot be changed: the deliveries topic has ${partitions} partitions.`;
    throw invalid([{ path: ['partitions'], message }]);
  }
  return { integration: parsed.data, changes: settingChanges(before, parsed.data) };
}

function withoutSecrets(integration: Integration | undefined): Integration | undefined {
  return integration && withSecrets(integration, new Map());
}

/** Zod does not know why a secret may be omitted. */
function explain(path: readonly PropertyKey[], message: string, settings: unknown): string {
  const isMissingSecret =
    secretPaths.some((secret) => secret.join('.') === path.join('.')) &&
    !namedSecretsOf(settings).has(path.join('.'));
  return isMissingSecret ? 'This secret is required, because none is stored that can be decrypted.' : message;
}

function invalid(
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
): InvalidRequestException {
  return new InvalidRequestException(
    issues.map(({ path, message }) => ({ message, path: ['settings', ...path] })),
  );
}
