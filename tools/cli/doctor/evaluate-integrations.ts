import { type IntegrationStatus } from '../integration-statuses';
import { error, type Finding, ok, warning } from './finding';

export function evaluateIntegrations(integrations: readonly IntegrationStatus[]): Finding[] {
  if (integrations.length === 0) {
    return [
      warning(
        'integrations',
        'No integration is configured, so no event is delivered.',
        'Add one in the console or with npm run cli -- integrations add, or set STATSIG_SERVER_SECRET.',
      ),
    ];
  }
  return integrations.map(evaluate);
}

function evaluate({ projectId, state, problem, hasOldKey }: IntegrationStatus): Finding {
  const subject = `integration ${projectId}`;
  if (problem !== undefined) {
    return error(
      subject,
      problem,
      'Set SETTINGS_ENCRYPTION_KEY to the keys of the apps, or save the integration again in the console.',
    );
  }
  if (hasOldKey) {
    return warning(
      subject,
      'Its secrets can be decrypted, but not with the first key of SETTINGS_ENCRYPTION_KEY.',
      'Before you remove the old key, run: npm run cli -- integrations reseal.',
    );
  }
  return ok(subject, `Its settings can be read; it is ${state}.`);
}
