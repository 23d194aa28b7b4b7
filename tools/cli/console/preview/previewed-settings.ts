import { integrationSchema } from '@app/integrations';
import type { IntegrationDefinition } from '../../../../apps/console/api/integration-definitions';
import { CannotRunError } from '../../exit-codes';
import { readInput } from '../../read-input';
import { type ConsoleApi, ConsoleApiError } from '../console-api';
import { problemsOf } from '../definitions/apply';
import { type Definition, type FileProblem, readDefinitions } from '../definitions/read-definitions';
import { resolveSecrets } from '../definitions/secret-references';

/** These have no effect on what an event becomes. */
const otherSettings = new Set([
  ...['projectId', 'enabled', 'serverSecret', 'sandboxServerSecret', 'maxRequestsPerSecond', 'partitions'],
  'lookup',
]);

/** Settings in a file, with the place of each of them. */
interface FileSettings {
  settings: Record<string, unknown>;
  explain: (problems: FileProblem[]) => CannotRunError;
  definition: Definition;
}

/** Reads the settings of a project from a file for `integrations apply`. Of its secrets, only the salt is needed. */
export async function readPreviewedSettings(file: string, projectId: string): Promise<FileSettings> {
  const explain = (problems: readonly FileProblem[]): CannotRunError =>
    new CannotRunError(problems.map(({ position, detail }) => `${file}:${position}: ${detail}`).join('\n'));
  const { definitions, problems } = readDefinitions(await readInput(file));
  if (problems.length > 0) throw explain(problems);
  const definition = definitions.find((one) => one.projectId === projectId);
  if (definition === undefined) {
    throw new CannotRunError(`${file} has no settings of project "${projectId}".`);
  }
  const given = { ...definition, settings: previewedOf(definition.settings) };
  const { sandboxServerSecret } = definition.settings;
  const resolved = resolveSecrets(given, process.env);
  if (resolved.problems.length > 0) throw explain(resolved.problems);
  // As when the file is applied, omitted settings have their defaults.
  const defaults = previewedOf(integrationSchema.parse({ projectId: 'any', serverSecret: 'unused' }));
  // As when the file is applied, a secret that is omitted is the stored one.
  const hasSandboxSecret = sandboxServerSecret === undefined ? undefined : sandboxServerSecret !== null;
  return { settings: { ...defaults, ...resolved.settings, hasSandboxSecret }, explain, definition };
}

/** The current settings of a project without its secrets, which the console adds. */
export async function currentSettings(api: ConsoleApi, projectId: string): Promise<Record<string, unknown>> {
  const definitions = await api.get<IntegrationDefinition[]>(['integration-definitions']);
  const found = definitions.find((one) => one.projectId === projectId);
  if (found === undefined) {
    throw new Error(`Project "${projectId}" has no integration.`);
  }
  if (found.settings === null) {
    throw new Error(`The stored settings of project "${projectId}" are invalid for this version.`);
  }
  return previewedOf(found.settings);
}

/** Rejects with the places in the file if the error is about its settings. */
export function throwWithPlaces(file: FileSettings | undefined): (error: unknown) => never {
  return (error) => {
    const isAboutFile =
      file !== undefined &&
      error instanceof ConsoleApiError &&
      error.errors.length > 0 &&
      error.errors.every(({ pointer }) => pointer.startsWith('/settings'));
    throw isAboutFile ? file.explain(problemsOf(error, file.definition)) : error;
  };
}

function previewedOf(settings: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !otherSettings.has(name)));
}
