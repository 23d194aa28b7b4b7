import { type Integration, integrationSchema } from '@app/integrations';
import { InvalidRequestException } from '@app/platform';
import { type StoredIntegration } from '../integrations/integration-directory';
import { withSettings } from '../integrations/merge-secrets';
import { type PreviewInput } from './preview-input';

const nothingStored: StoredIntegration = { kind: 'unreadable', detail: '', sealed: undefined };
/** Not a secret: nothing is sent with it. */
const noSecret = 'not-needed';

/** The integration that saving the settings would lead to, without its secrets, except for the salt. Throws 400 if it is invalid. */
export function draftIntegration(
  { projectId, settings }: Pick<PreviewInput, 'projectId' | 'settings'>,
  stored: StoredIntegration = nothingStored,
): Integration {
  const draft = withSettings(projectId, stored, {
    ...settings,
    serverSecret: noSecret,
    sandboxServerSecret: null,
    lookup: null,
  });
  const parsed = integrationSchema.safeParse(draft);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ message, path }) => ({ message, path: ['settings', ...path] }));
  throw new InvalidRequestException(issues);
}
