import { type Command, Option } from 'commander';
import type { WebhookChange, WebhookCheck } from '../../../apps/console/api/revenuecat-webhooks';
import { confirm } from '../confirm';
import { exitCodes } from '../exit-codes';
import { type JsonOption, print, tableText } from '../output';
import { ConsoleApi } from './console-api';

type ProjectCommand = (name: string, description: string, ...examples: string[]) => Command;

/** Commands for the webhooks of a project in RevenueCat, which need a RevenueCat API key in the integration. */
export function revenueCatWebhookCommands(projectCommand: ProjectCommand): Command[] {
  const webhookCommand: ProjectCommand = (...args) =>
    projectCommand(...args).argument('<webhook>', 'id of the webhook in RevenueCat');
  return [
    projectCommand('list', 'List the webhooks of the project in RevenueCat', 'list shop').action(list),
    projectCommand(
      'check',
      'Compare the webhook in RevenueCat with the settings of the integration. Exits with 1 if events are lost or sent twice',
      'check shop',
    ).action(check),
    withEnvironment(
      projectCommand(
        'create',
        'Create the webhook in RevenueCat, for all event types and apps',
        'create shop',
        'create shop --environment both',
      ),
    ).action(create),
    withEnvironment(
      webhookCommand(
        'update',
        'Set a webhook in RevenueCat to an environment, all event types, and the newest Authorization value',
        'update shop whintgr1a2b3c4d',
      ),
    ).action(update),
    webhookCommand(
      'delete',
      'Delete a webhook in RevenueCat that sends the same events as another one',
      'delete shop whintgr1a2b3c4d',
    )
      .option('--yes', 'do not ask for confirmation')
      .action(remove),
  ];
}

function withEnvironment(command: Command): Command {
  return command.addOption(
    new Option(
      '--environment <name>',
      'whose events it sends (default: production, and sandbox if the integration sends sandbox events)',
    ).choices(['production', 'both']),
  );
}

const pathOf = (projectId: string): string[] => ['integrations', projectId, 'revenuecat-webhooks'];

async function list(projectId: string, { json }: JsonOption): Promise<void> {
  const result = await ConsoleApi.fromEnvironment().get<WebhookCheck>(pathOf(projectId));
  print(result, json, result.detail ?? webhookTable(result));
  if (result.state !== 'read') process.exitCode = exitCodes.failed;
}

async function check(projectId: string, { json }: JsonOption): Promise<void> {
  show(await ConsoleApi.fromEnvironment().get<WebhookCheck>(pathOf(projectId)), json);
}

async function create(projectId: string, { json, environment }: JsonOption & WebhookChange): Promise<void> {
  const api = ConsoleApi.fromEnvironment();
  const result = await api.send<WebhookCheck>('POST', pathOf(projectId), { environment });
  show(result, json, 'Created in RevenueCat.');
}

async function update(
  projectId: string,
  webhookId: string,
  { json, environment }: JsonOption & WebhookChange,
): Promise<void> {
  const path = [...pathOf(projectId), webhookId];
  const result = await ConsoleApi.fromEnvironment().send<WebhookCheck>('POST', path, { environment });
  show(result, json, 'Updated in RevenueCat.');
}

async function remove(
  projectId: string,
  webhookId: string,
  { yes, json }: { yes?: true } & JsonOption,
): Promise<void> {
  const question = `The webhook ${webhookId} of project "${projectId}" will be deleted in RevenueCat.`;
  if (yes !== true && !(await confirm(question, webhookId))) {
    print({ deleted: null }, json, 'Nothing was deleted.');
    return;
  }
  const path = [...pathOf(projectId), webhookId];
  show(await ConsoleApi.fromEnvironment().send<WebhookCheck>('DELETE', path), json, 'Deleted in RevenueCat.');
}

/** Prints the findings; exit code 1 if there is a problem, or if the webhooks were not read. */
function show(result: WebhookCheck, json: true | undefined, done?: string): void {
  const { state, detail, webhooks, findings } = result;
  const lines = findings.map(({ severity, webhookId, text, fix }) => {
    const subject = webhookId === null ? '' : `${webhookId}: `;
    const remedy = fix === null ? '' : ` Fix: integrations webhook ${fix}`;
    return `${severity}  ${subject}${text}${remedy}`;
  });
  const matches = `${webhooks.filter(({ isOurs }) => isOurs).length} webhook matches the integration.`;
  print(
    result,
    json,
    [...(done === undefined ? [] : [done]), detail ?? (lines.length === 0 ? matches : lines.join('\n'))].join(
      '\n',
    ),
  );
  if (state !== 'read' || findings.some(({ severity }) => severity === 'problem')) {
    process.exitCode = exitCodes.failed;
  }
}

function webhookTable({ webhooks }: WebhookCheck): string {
  if (webhooks.length === 0) return 'RevenueCat has no webhooks for this project.';
  return tableText(
    ['id', 'name', 'ours', 'environment', 'event types', 'app', 'url'],
    webhooks.map(({ id, name, isOurs, environment, eventTypes, appId, url }) => [
      ...[id, name, isOurs ? 'yes' : 'no', environment ?? 'both', eventTypes?.join(', ') ?? 'all'],
      ...[appId ?? 'all', url],
    ]),
  );
}
