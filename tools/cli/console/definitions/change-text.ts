import type { DefinitionChange, SettingChange } from '../../../../apps/console/api/integration-definitions';

/** One line for each project, and one for each setting that changes. Secrets are never shown. */
export function changeText(changes: readonly DefinitionChange[]): string {
  return changes
    .flatMap(({ projectId, action, changes: settings }) => [
      headings[action](projectId),
      ...(action === 'none' ? [] : settings.map((setting) => `    ${settingText(setting)}`)),
    ])
    .join('\n');
}

const headings: Record<DefinitionChange['action'], (projectId: string) => string> = {
  add: (projectId) => `+ ${projectId}  is added`,
  change: (projectId) => `~ ${projectId}  is changed`,
  none: (projectId) => `= ${projectId}  is unchanged`,
};

function settingText({ path, isSecret, before, after }: SettingChange): string {
  const name = path.join('.');
  if (isSecret) return `${name}: changed (secret)`;
  if (before === undefined) return `${name}: ${JSON.stringify(after)}`;
  return `${name}: ${JSON.stringify(before)} → ${after === undefined ? 'removed' : JSON.stringify(after)}`;
}
