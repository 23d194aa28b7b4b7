import { type Integration, savedIntegrationSchema } from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import { type StoredIntegration } from './integration-directory';
import { type ChangedIntegration } from './integration-input';
import { withSettings } from './merge-secrets';

const nothingStored: StoredIntegration = { kind: 'unreadable', detail: '', sealed: undefined };

/**
 * The integration that saving the settings would lead to, with its secrets. Throws 400 if it is invalid.
 *
 * @param path where the settings are in the request
 */
export function draftIntegration(
  projectId: string,
  settings: ChangedIntegration,
  stored: StoredIntegration = nothingStored,
  path: readonly string[] = [],
): Integration {
  const parsed = savedIntegrationSchema.safeParse(withSettings(projectId, stored, settings));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    message: issue.message,
    path: [...path, ...issue.path],
  }));
  throw new InvalidRequestException(issues);
}
