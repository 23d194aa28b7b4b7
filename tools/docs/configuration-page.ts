import { type Setting, type SettingGroup } from './settings';

/** docs/configuration.md */
export function configurationPage(groups: readonly SettingGroup[]): string {
  return [
    '<!-- Written by `npm run docs:config` from the schemas of the settings. -->',
    '# Configuration',
    'Settings are environment variables, read once when an app starts, which then prints them without their secrets. ' +
      'An empty variable counts as not set. What cannot be used stops the start, with every problem named.',
    'Any setting can be read from a file: `<NAME>_FILE` names it, as for secrets that are mounted.',
    ...groups.flatMap(({ title, settings }) => [`## ${title}`, table(settings)]),
    '',
  ].join('\n\n');
}

function table(settings: readonly Setting[]): string {
  return [
    '| setting | default | what it does | read by |',
    '| --- | --- | --- | --- |',
    ...settings.map(
      ({ name, byDefault, description, isSecret, readBy }) =>
        `| \`${name}\` | ${byDefault === undefined ? '' : code(byDefault)} ` +
        `| ${cell(description)}${isSecret ? ' (secret)' : ''} | ${readBy.join(', ')} |`,
    ),
  ].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll(',', ', ')}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*');
}
