import { Command } from 'commander';
import { stringify } from 'yaml';
import type { IntegrationDefinition } from '../../../../apps/console/api/integration-definitions';
import { exitCodes } from '../../exit-codes';
import { type JsonOption, print, withExamples, withJson, writeText } from '../../output';
import { ConsoleApi } from '../console-api';
import { withReferences } from './secret-references';

export function exportCommand(): Command {
  return withExamples(
    withJson(
      new Command('export')
        .description('Print the settings of all integrations, or of some, as YAML for "integrations apply"')
        .argument('[projects...]', 'ids of the projects'),
    ).action(exportIntegrations),
    'integrations export > integrations.yaml',
    'integrations export shop',
  );
}

async function exportIntegrations(projectIds: readonly string[], { json }: JsonOption): Promise<void> {
  const found = await ConsoleApi.fromEnvironment().get<IntegrationDefinition[]>(['integration-definitions']);
  const unknown = projectIds.filter((id) => !found.some(({ projectId }) => projectId === id));
  const wanted = found.filter(({ projectId }) => projectIds.length === 0 || projectIds.includes(projectId));
  const fromEnvironment = wanted.filter(({ origin }) => origin === 'environment');
  const invalid = wanted.filter(({ settings }) => settings === null);
  const problems = [
    ...unknown.map((projectId) => `Project "${projectId}" has no integration.`),
    ...invalid.map(
      ({ projectId }) =>
        `The integration of project "${projectId}" is not exported: its stored settings are invalid for this version.`,
    ),
    ...(projectIds.length === 0
      ? []
      : fromEnvironment.map(
          ({ projectId }) =>
            `The integration of project "${projectId}" is not exported: it is set in the environment of the apps.`,
        )),
  ];
  const documents = documentsOf(wanted);
  print(documents, json, yamlOf(documents, projectIds.length === 0 ? fromEnvironment : []));
  if (problems.length > 0) {
    writeText(process.stderr, problems.join('\n'));
    process.exitCode = exitCodes.failed;
  }
}

/** What a file contains. Integrations from the environment are not in it: they are changed there. */
export function documentsOf(definitions: readonly IntegrationDefinition[]): Record<string, unknown>[] {
  const usedNames = new Set<string>();
  return definitions.flatMap(({ projectId, origin, settings, secrets }) => {
    if (settings === null || origin === 'environment') return [];
    const { enabled, ...others } = settings;
    // Without `enabled`, applying the file does not resume an integration that an operator has paused.
    const shown = { projectId, ...(enabled === false && { enabled }), ...others };
    return [withReferences(projectId, shown, secrets, usedNames)];
  });
}

function yamlOf(documents: readonly object[], fromEnvironment: readonly IntegrationDefinition[]): string {
  return [
    '# Exported by "integrations export". Secrets are references: set these variables for "integrations apply".',
    ...fromEnvironment.map(
      ({ projectId }) => `# The integration of "${projectId}" is set in the environment of the apps.`,
    ),
    stringify(documents),
  ].join('\n');
}
