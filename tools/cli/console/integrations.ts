import Table from 'cli-table3';
import { Command } from 'commander';
import type {
  AddedIntegration,
  IntegrationView,
  ReadyIntegration,
} from '../../../apps/console/src/integrations/integration-view';
import type { ResealResult } from '../../../apps/console/src/integrations/reseal';
import type { TestEventResult } from '../../../apps/console/src/integrations/test-event-view';
import { confirmed } from '../confirmed';
import { readSecret } from '../secret-input';
import { ConsoleApi } from './console-api';
import { type IntegrationOptions, settingsOf, withIntegrationOptions } from './integration-options';
import { webhookCommand, webhookText } from './webhook';

interface SecretOption {
  secretEnv?: string;
}

interface JsonOption {
  json?: true;
}

const serverSecret = 'Statsig’s server secret key';

export function integrationsCommand(): Command {
  return new Command('integrations')
    .description('Where each project’s events go; by the console, at CONSOLE_URL with CONSOLE_TOKEN')
    .addCommand(
      printing(new Command('list').description('All of them, and how Statsig takes their events')).action(
        list,
      ),
    )
    .addCommand(
      printing(
        withIntegrationOptions(
          withSecret(of('add', 'Add one. The server secret is read from standard input')),
        ),
      ).action(add),
    )
    .addCommand(
      printing(of('pause', 'Keep a project’s events in Kafka, in order, until it is resumed')).action(pause),
    )
    .addCommand(printing(of('resume', 'Send what has waited, and go on')).action(resume))
    .addCommand(
      of(
        'remove',
        'Remove one, its secrets and its webhook credentials. Webhooks that arrive afterwards are refused; events that wait stay in Kafka',
      )
        .option('--yes', 'do not ask whether it is meant')
        .action(remove),
    )
    .addCommand(
      printing(
        withSecret(of('rotate-secret', 'Replace the server secret by the one on standard input')),
      ).action(rotateSecret),
    )
    .addCommand(
      printing(
        of('test', 'Send a test event to Statsig with the settings as they are, and say what it answered'),
      ).action(test),
    )
    .addCommand(webhookCommand())
    .addCommand(
      printing(
        new Command('reseal').description(
          'Seal the secrets of all integrations and webhook endpoints with the first key of SETTINGS_ENCRYPTION_KEY',
        ),
      ).action(reseal),
    );
}

function of(name: string, description: string): Command {
  return new Command(name).description(description).argument('<project>', 'id of the project');
}

function printing(command: Command): Command {
  return command.option('--json', 'print what the API answered');
}

function withSecret(command: Command): Command {
  return command.option('--secret-env <name>', 'read the secret from this environment variable instead');
}

async function list({ json }: JsonOption): Promise<void> {
  const views = await ConsoleApi.ofEnvironment().get<IntegrationView[]>(['integrations']);
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
      'why',
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
            view.includeSandbox ? 'sent' : 'left out',
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
  const settings = await settingsOf(options);
  const body = { ...settings, projectId, serverSecret: await readSecret(serverSecret, secretEnv) };
  const view = await ConsoleApi.ofEnvironment().send<AddedIntegration>('POST', ['integrations'], body);
  const { authorization, webhook, serverSecretEnding } = view;
  said(
    view,
    json,
    [
      `Added, with the secret ••••${serverSecretEnding}. It takes effect within two seconds.`,
      ...(authorization === null
        ? []
        : [`Authorization value  ${authorization}`, 'Enter it in RevenueCat now: it is not shown again.']),
      '',
      webhookText(webhook, authorization ?? undefined),
    ].join('\n'),
  );
}

async function pause(projectId: string, { json }: JsonOption): Promise<void> {
  said(await change(projectId, 'pause'), json, 'Paused: its events wait in Kafka, in order.');
}

async function resume(projectId: string, { json }: JsonOption): Promise<void> {
  said(await change(projectId, 'resume'), json, 'Resumed: what has waited is sent.');
}

async function remove(projectId: string, { yes }: { yes?: true }): Promise<void> {
  const question = `The integration of project "${projectId}", its secrets and its webhook credentials will be deleted.`;
  if (yes !== true && !(await confirmed(question, projectId))) return;
  await ConsoleApi.ofEnvironment().send('DELETE', ['integrations', projectId]);
  process.stdout.write(
    `Removed: webhooks of project "${projectId}" are refused from now on. Events that waited stay in Kafka until ` +
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
  said(view, json, `Replaced by ••••${view.serverSecretEnding}. It takes effect within two seconds.`);
}

async function test(projectId: string, { json }: JsonOption): Promise<void> {
  const api = ConsoleApi.ofEnvironment();
  const view = await api.get<IntegrationView>(['integrations', projectId]);
  if (view.kind === 'unreadable') throw new Error(view.health.detail ?? 'The integration cannot be read.');
  const { format, eventNames, identity, customIds, sandboxTier } = view;
  const draft = { projectId, format, eventNames, identity, customIds, sandboxTier };
  const result = await api.send<TestEventResult>('POST', ['test-events'], draft);
  const { status, latencyMs, answer, meaning } = result;
  const answered =
    status === null ? `No answer: ${answer}` : `Statsig answered ${status} in ${latencyMs} ms.`;
  said(result, json, `${answered} ${meaning}`);
  if (result.verdict !== 'accepted') process.exitCode = 1;
}

async function reseal({ json }: JsonOption): Promise<void> {
  const result = await ConsoleApi.ofEnvironment().send<ResealResult>('POST', ['integrations', 'reseal']);
  const { integrations, webhookCredentials, failures } = result;
  said(
    result,
    json,
    [
      `Sealed with the first key: ${integrations} integrations, ${webhookCredentials} webhook credentials.`,
      ...failures.map(
        ({ projectId, what, detail }) => `Not sealed: ${what} of project "${projectId}". ${detail}`,
      ),
    ].join('\n'),
  );
  if (failures.length > 0) process.exitCode = 1;
}

function change(projectId: string, what: string, body?: unknown): Promise<ReadyIntegration> {
  return ConsoleApi.ofEnvironment().send('POST', ['integrations', projectId, what], body);
}

function said(answer: unknown, json: true | undefined, sentence: string): void {
  if (json === true) print(answer);
  else process.stdout.write(`${sentence}\n`);
}

function print(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
}
