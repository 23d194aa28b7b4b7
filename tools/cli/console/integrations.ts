import Table from 'cli-table3';
import { Command } from 'commander';
import type {
  AddedIntegration,
  IntegrationView,
  ReadyIntegration,
  ResealResult,
  TestEventResult,
} from '../../../apps/console/api/integrations';
import { confirm } from '../confirm';
import { readSecret } from '../secret-input';
import { ConsoleApi } from './console-api';
import { type IntegrationOptions, readSettings, withIntegrationOptions } from './integration-options';
import { webhookCommand, webhookText } from './webhook';

interface SecretOption {
  secretEnv?: string;
}

interface JsonOption {
  json?: true;
}

const serverSecret = 'the Statsig server secret key';

export function integrationsCommand(): Command {
  return new Command('integrations')
    .description('Manage integrations. Uses the console at CONSOLE_URL with CONSOLE_TOKEN')
    .addCommand(
      withJson(new Command('list').description('List integrations and their delivery status')).action(list),
    )
    .addCommand(
      withJson(
        withIntegrationOptions(
          withSecret(
            projectCommand('add', 'Add an integration. Reads the server secret from standard input'),
          ),
        ),
      ).action(add),
    )
    .addCommand(
      withJson(projectCommand('pause', 'Pause delivery: events stay in Kafka, in order')).action(pause),
    )
    .addCommand(
      withJson(
        projectCommand('resume', 'Resume delivery, beginning with the events that have waited'),
      ).action(resume),
    )
    .addCommand(
      projectCommand(
        'remove',
        'Remove an integration, its secrets and its webhook credentials. Further webhooks are refused; undelivered events stay in Kafka',
      )
        .option('--yes', 'do not ask for confirmation')
        .action(remove),
    )
    .addCommand(
      withJson(
        withSecret(
          projectCommand('rotate-secret', 'Replace the server secret with the one on standard input'),
        ),
      ).action(rotateSecret),
    )
    .addCommand(
      withJson(
        projectCommand(
          'test',
          'Send a test event to Statsig with the current settings, and print the response',
        ),
      ).action(test),
    )
    .addCommand(webhookCommand())
    .addCommand(
      withJson(
        new Command('reseal').description(
          'Encrypt the secrets of all integrations, webhook endpoints and notification channels with the first key of SETTINGS_ENCRYPTION_KEY',
        ),
      ).action(reseal),
    );
}

function projectCommand(name: string, description: string): Command {
  return new Command(name).description(description).argument('<project>', 'id of the project');
}

function withJson(command: Command): Command {
  return command.option('--json', 'print the response of the API');
}

function withSecret(command: Command): Command {
  return command.option('--secret-env <name>', 'read the secret from this environment variable instead');
}

async function list({ json }: JsonOption): Promise<void> {
  const views = await ConsoleApi.fromEnvironment().get<IntegrationView[]>(['integrations']);
  if (json === true) {
    print(views);
    return;
  }
  const table = new Table({
    head: [
      'project',
      'state',
      'secret',
      'format',
      'sandbox',
      'partitions',
      'set in',
      'last delivered',
      'detail',
    ],
    style: { head: [] },
  });
  for (const view of views) {
    const { projectId, health } = view;
    const { state, lastDeliveredAtMs, detail } = health;
    table.push([
      projectId,
      state,
      ...(view.kind === 'ready'
        ? [
            `••••${view.serverSecretEnding}`,
            view.format,
            view.includeSandbox ? 'sent' : 'not sent',
            view.partitions,
            view.origin,
          ]
        : ['', '', '', '', 'console']),
      lastDeliveredAtMs === null ? '' : new Date(lastDeliveredAtMs).toISOString(),
      detail ?? '',
    ]);
  }
  process.stdout.write(
    views.length === 0
      ? 'No integration yet. Add one: integrations add <project>\n'
      : `${table.toString()}\n`,
  );
}

async function add(
  projectId: string,
  { secretEnv, json, ...options }: IntegrationOptions & SecretOption & JsonOption,
): Promise<void> {
  const settings = await readSettings(options);
  const body = { ...settings, projectId, serverSecret: await readSecret(serverSecret, secretEnv) };
  const view = await ConsoleApi.fromEnvironment().send<AddedIntegration>('POST', ['integrations'], body);
  const { authorization, webhook, serverSecretEnding } = view;
  respond(
    view,
    json,
    [
      `Added with the secret ••••${serverSecretEnding}. It takes effect within two seconds.`,
      ...(authorization === null
        ? []
        : [`Authorization value  ${authorization}`, 'Enter it in RevenueCat now: it is not shown again.']),
      '',
      webhookText(webhook, authorization ?? undefined),
    ].join('\n'),
  );
}

async function pause(projectId: string, { json }: JsonOption): Promise<void> {
  respond(await change(projectId, 'pause'), json, 'Paused: its events wait in Kafka, in order.');
}

async function resume(projectId: string, { json }: JsonOption): Promise<void> {
  respond(await change(projectId, 'resume'), json, 'Resumed: events that have waited are sent.');
}

async function remove(projectId: string, { yes }: { yes?: true }): Promise<void> {
  const question = `The integration of project "${projectId}", its secrets and its webhook credentials will be deleted.`;
  if (yes !== true && !(await confirm(question, projectId))) return;
  await ConsoleApi.fromEnvironment().send('DELETE', ['integrations', projectId]);
  process.stdout.write(
    `Removed: webhooks of project "${projectId}" are refused from now on. Undelivered events stay in Kafka until ` +
      'their retention ends, and are delivered if the integration is added again. To delete them: ' +
      `topics --delete-orphaned ${projectId}\n`,
  );
}

async function rotateSecret(
  projectId: string,
  { secretEnv, json }: SecretOption & JsonOption,
): Promise<void> {
  const body = { serverSecret: await readSecret(serverSecret, secretEnv) };
  const view = await change(projectId, 'secret', body);
  respond(view, json, `Replaced with ••••${view.serverSecretEnding}. It takes effect within two seconds.`);
}

async function test(projectId: string, { json }: JsonOption): Promise<void> {
  const api = ConsoleApi.fromEnvironment();
  const view = await api.get<IntegrationView>(['integrations', projectId]);
  if (view.kind === 'unreadable') throw new Error(view.health.detail ?? 'The integration is unreadable.');
  const { format, eventNames, identity, customIds, sandboxTier } = view;
  const draft = { projectId, format, eventNames, identity, customIds, sandboxTier };
  const result = await api.send<TestEventResult>('POST', ['test-events'], draft);
  const { status, latencyMs, response, meaning } = result;
  const outcome =
    status === null ? `No response: ${response}` : `Statsig responded with ${status} in ${latencyMs} ms.`;
  respond(result, json, `${outcome} ${meaning}`);
  if (result.verdict !== 'accepted') process.exitCode = 1;
}

async function reseal({ json }: JsonOption): Promise<void> {
  const result = await ConsoleApi.fromEnvironment().send<ResealResult>('POST', ['integrations', 'reseal']);
  const { integrations, webhookCredentials, notificationChannels, failures } = result;
  respond(
    result,
    json,
    [
      `Encrypted with the first key: ${integrations} integrations, ${webhookCredentials} webhook credentials, ${notificationChannels} notification channels.`,
      ...failures.map(({ projectId, what, detail }) => {
        const owner = projectId === null ? 'all projects' : `project "${projectId}"`;
        return `Not encrypted: ${what} of ${owner}. ${detail}`;
      }),
    ].join('\n'),
  );
  if (failures.length > 0) process.exitCode = 1;
}

function change(projectId: string, what: string, body?: unknown): Promise<ReadyIntegration> {
  return ConsoleApi.fromEnvironment().send('POST', ['integrations', projectId, what], body);
}

function respond(response: unknown, json: true | undefined, text: string): void {
  if (json === true) print(response);
  else process.stdout.write(`${text}\n`);
}

function print(response: unknown): void {
  process.stdout.write(`${JSON.stringify(response, null, 2)}\n`);
}
