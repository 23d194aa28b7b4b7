import { Command } from 'commander';
import type {
  DefinitionChange,
  IntegrationDefinition,
} from '../../../../apps/console/api/integration-definitions';
import { CannotRunError } from '../../exit-codes';
import { type JsonOption, print, withExamples, withJson } from '../../output';
import { readInput } from '../../read-input';
import { ConsoleApi, ConsoleApiError } from '../console-api';
import { changeText } from './change-text';
import { type Definition, type FileProblem, readDefinitions } from './read-definitions';
import { resolveSecrets } from './secret-references';

interface ApplyOptions extends JsonOption {
  file: string;
  dryRun?: true;
}

interface Plan {
  projectId: string;
  settings: Record<string, unknown>;
  change: DefinitionChange;
}

const path = 'integration-definitions';

export function applyCommand(): Command {
  return withExamples(
    withJson(
      new Command('apply')
        .description(
          'Add and change integrations so that they have the settings in a file. Prints the differences first. Integrations that are not in the file stay as they are',
        )
        .requiredOption('-f, --file <file>', 'YAML or JSON file; - for standard input')
        .option('--dry-run', 'print the differences, and change nothing'),
    ).action(apply),
    'integrations apply -f integrations.yaml --dry-run',
    'integrations apply -f integrations.yaml',
  );
}

async function apply({ file, dryRun, json }: ApplyOptions): Promise<void> {
  const api = ConsoleApi.fromEnvironment();
  const plans = await planAll(api, file, await readInput(file));
  const changes = plans.map(({ change }) => change);
  const changed = plans.filter(({ change }) => change.action !== 'none');
  if (dryRun !== true) await carryOut(api, changed);
  const done =
    dryRun === true
      ? 'Nothing was changed (--dry-run).'
      : `${changed.length} of ${plans.length} integrations changed.`;
  const rest = await notInFile(api, plans);
  print(
    { dryRun: dryRun === true, changes, notInFile: rest },
    json,
    [
      changeText(changes),
      ...rest.map((projectId) => `  ${projectId}  is not in the file, and stays as it is`),
      ...(dryRun === true ? [] : changes.flatMap(credentialsHint)),
      done,
    ].join('\n'),
  );
}

/** Makes dry runs, so that nothing is changed if any part of the file is invalid. */
async function planAll(api: ConsoleApi, file: string, source: string): Promise<Plan[]> {
  const { definitions, problems } = readDefinitions(source);
  const plans: Plan[] = [];
  for (const definition of definitions) {
    const { settings, problems: unresolved } = resolveSecrets(definition, process.env);
    problems.push(...unresolved);
    if (unresolved.length > 0) continue;
    const { projectId } = definition;
    try {
      const body = { settings, dryRun: true };
      const change = await api.send<DefinitionChange>('PUT', [path, projectId], body);
      plans.push({ projectId, settings, change });
    } catch (error) {
      if (!(error instanceof ConsoleApiError)) throw error;
      problems.push(...problemsOf(error, definition));
    }
  }
  if (problems.length === 0) return plans;
  throw new CannotRunError(
    [
      ...problems.map(({ position, detail }) => `${file}:${position}: ${detail}`),
      'Nothing was changed. Fix the file, and apply it again.',
    ].join('\n'),
  );
}

/** The parts of a file that the console has rejected. */
export function problemsOf({ message, errors }: ConsoleApiError, { positionOf }: Definition): FileProblem[] {
  if (errors.length === 0) return [{ position: positionOf([]), detail: message }];
  return errors.map(({ pointer, detail }) => {
    const names = pointer.split('/').slice(1);
    const inFile = names.slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    return { position: positionOf(inFile), detail: `${inFile.join('.') || 'projectId'}: ${detail}` };
  });
}

/** Each change is made only if the integration is as it was in the dry run. */
async function carryOut(api: ConsoleApi, plans: readonly Plan[]): Promise<void> {
  for (const [i, { projectId, settings, change }] of plans.entries()) {
    try {
      await api.send('PUT', [path, projectId], { settings, revision: change.revision });
    } catch (error) {
      const done = plans.slice(0, i).map((plan) => plan.projectId);
      const reached = done.length === 0 ? 'Nothing was changed' : `Only ${done.join(', ')} changed`;
      throw new Error(
        `Project "${projectId}": ${error instanceof Error ? error.message : String(error)}\n${reached}. Apply the file again.`,
        { cause: error },
      );
    }
  }
}

async function notInFile(api: ConsoleApi, plans: readonly Plan[]): Promise<string[]> {
  const all = await api.get<IntegrationDefinition[]>([path]);
  const inFile = new Set(plans.map(({ projectId }) => projectId));
  return all.map(({ projectId }) => projectId).filter((projectId) => !inFile.has(projectId));
}

function credentialsHint({ projectId, hasWebhookCredentials }: DefinitionChange): string[] {
  if (hasWebhookCredentials) return [];
  return [
    `Webhooks of "${projectId}" are rejected until it has credentials: integrations webhook create ${projectId}, or integrations webhook rotate ${projectId} --generate`,
  ];
}
