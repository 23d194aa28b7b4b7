import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Preview } from '../../../../apps/console/api/preview';
import { CannotRunError, exitCodes } from '../../exit-codes';
import { type JsonOption, print, withExamples, withJson } from '../../output';
import { pathOf, readInput } from '../../read-input';
import { ConsoleApi } from '../console-api';
import { currentSettings, readPreviewedSettings, throwWithPlaces } from './previewed-settings';
import { previewText } from './preview-text';

interface PreviewOptions extends JsonOption {
  event: string;
  settings?: string;
}

export function previewCommand(): Command {
  return withExamples(
    withJson(
      new Command('preview')
        .description(
          'Show what an event would become in Statsig with the current settings, or with those in a file beside them. Sends and stores nothing. Exits with 1 if nothing would be sent, or if the event would become a dead letter',
        )
        .argument('<project>', 'id of the project')
        .requiredOption(
          '--event <event>',
          'file with the JSON of a webhook or of its event; - for standard input; or the id of an event that the console shows',
        )
        .option('--settings <file>', 'YAML or JSON file as for "integrations apply"'),
    ).action(preview),
    'integrations preview shop --event 4E0FF44B-1B1C-4B5C-9F5E-0D6D3F6C2A11',
    'integrations preview shop --event purchase.json --settings integrations.yaml',
    "integrations preview shop --event - --json < purchase.json | jq '.draft[].name'",
  );
}

async function preview(projectId: string, { event, settings: file, json }: PreviewOptions): Promise<void> {
  const api = ConsoleApi.fromEnvironment();
  const definition = file === undefined ? undefined : await readPreviewedSettings(file, projectId);
  const settings = definition?.settings ?? (await currentSettings(api, projectId));
  const body = { projectId, settings, event: await readEvent(projectId, event) };
  const result = await api.send<Preview>('POST', ['previews'], body).catch(throwWithPlaces(definition));
  print(result, json, previewText(result, file));
  const isSent = result.draft.some(({ kind }) => kind === 'delivery');
  if (!isSent || result.draft.some(({ kind }) => kind === 'dead_letter')) process.exitCode = exitCodes.failed;
}

async function readEvent(project: string, event: string): Promise<object> {
  if (event === '-' || existsSync(pathOf(event))) return { json: await readInput(event) };
  if (/\.json$|\//.test(event)) throw new CannotRunError(`There is no file ${event}.`);
  return { project, id: event };
}
