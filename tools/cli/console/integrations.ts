import { Command } from 'commander';
import type {
  AddedIntegration,
  IntegrationView,
  ReadyIntegration,
  ResealResult,
  TestEventResult,
} from '../../../apps/console/api/integrations';
import { confirm } from '../confirm';
import { exitCodes } from '../exit-codes';
import { type JsonOption, print, tableText, withExamples, withJson } from '../output';
import { readSecret } from '../secret-input';
import { withFormat } from './choose-format';
import { ConsoleApi } from './console-api';
import { applyCommand } from './definitions/apply';
import { exportCommand } from './definitions/export';
import { type IntegrationOptions, readSettings, withIntegrationOptions } from './integration-options';
import { previewCommand } from './preview/command';
import { currentSettings } from './preview/previewed-settings';
import { testEventText } from './test-event-text';
import { webhookCommand, webhookText } from './webhook';

interface SecretOption {
  secretEnv?: string;
}

const serverSecret = 'the Statsig server secret key';
const sandboxSecret = 'the Statsig server secret key for sandbox events';

export function integrationsCommand(): Command {
  return new Command('integrations')
    .description('Manage integrations. Uses the console at CONSOLE_URL with CONSOLE_TOKEN')
    .addCommand(
      withExamples(
        withJson(new Command('list').description('List integrations and their delivery status')).action(list),
        'integrations list',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          withIntegrationOptions(
            withSecret(
              projectCommand(
                'add',
                'Add an integration. Reads the server secret from standard input, and asks for the format on a terminal',
              ),
            ),
          ),
        ).action(add),
        'integrations add shop --format log_event --event-names rc',
        'integrations add shop --secret-env SHOP_SECRET --format revenuecat --include-sandbox',
        `integrations add shop --format log_event --custom-ids '{"transaction": "original_transaction_id"}' --max-requests-per-second 50`,
      ),
    )
    .addCommand(
      withExamples(
        withJson(projectCommand('pause', 'Pause delivery: events stay in Kafka, in order')).action(pause),
        'integrations pause shop',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          projectCommand('resume', 'Resume delivery, beginning with the events that have waited'),
        ).action(resume),
        'integrations resume shop',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          projectCommand(
            'remove',
            'Remove an integration, its secrets and its webhook credentials. Further webhooks are rejected; undelivered events stay in Kafka',
          ),
        )
          .option('--yes', 'do not ask for confirmation')
          .action(remove),
        'integrations remove shop',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          withSecret(
            projectCommand('rotate-secret', 'Replace the server secret with the one on standard input'),
          ).option('--sandbox', 'replace the server secret for sandbox events'),
        ).action(rotateSecret),
        'integrations rotate-secret shop < secret.txt',
        'integrations rotate-secret shop --sandbox --secret-env SANDBOX_SECRET',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          projectCommand(
            'test',
            'Send a test event to Statsig with the current settings, and print the response',
          ),
        ).action(test),
        'integrations test shop',
      ),
    )
    .addCommand(previewCommand())
    .addCommand(webhookCommand())
    .addCommand(exportCommand())
    .addCommand(applyCommand())
    .addCommand(
      withExamples(
        withJson(
          new Command('reseal').description(
            'Encrypt the secrets of all integrations, webhook endpoints and notification channels with the first key of SETTINGS_ENCRYPTION_KEY',
          ),
        ).action(reseal),
        'integrations reseal',
      ),
    );
}

function projectCommand(name: string, description: string): Command {
  return new Command(name).description(description).argument('<project>', 'id of the project');
}

function withSecret(command: Command): Command {
  return command.option('--secret-env <name>', 'read the secret from this environment variable instead');
}

async function list({ json }: JsonOption): Promise<void> {
  const views = await ConsoleApi.fromEnvironment().get<IntegrationView[]>(['integrations']);
  const head = [
    'project',
    'state',
    'secret',
    'format',
    'sandbox',
    'partitions',
    'set in',
    'last delivered',
    'detail',
  ];
  const rows = views.map((view) => {
    const { projectId, health } = view;
    const { state, lastDeliveredAtMs, detail } = health;
    return [
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
    ];
  });
  const text =
    views.length === 0 ? 'No integration yet. Add one: integrations add <project>' : tableText(head, rows);
  print(views, json, text);
}

async function add(
  projectId: string,
  { secretEnv, json, ...options }: IntegrationOptions & SecretOption & JsonOption,
): Promise<void> {
  const settings = await withFormat(await readSettings(options), {
    input: process.stdin,
    output: process.stderr,
  });
  const body = {
    ...settings,
    projectId,
    serverSecret: await readSecret(serverSecret, secretEnv),
  };
  const view = await ConsoleApi.fromEnvironment().send<AddedIntegration>('POST', ['integrations'], body);
  const { authorization, webhook, serverSecretEnding } = view;
  print(
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
  print(await change(projectId, 'pause'), json, 'Paused: its events wait in Kafka, in order.');
}

async function resume(projectId: string, { json }: JsonOption): Promise<void> {
  print(await change(projectId, 'resume'), json, 'Resumed: events that have waited are sent.');
}

async function remove(projectId: string, { yes, json }: { yes?: true } & JsonOption): Promise<void> {
  const question = `The integration of project "${projectId}", its secrets and its webhook credentials will be deleted.`;
  if (yes !== true && !(await confirm(question, projectId))) {
    print({ removed: null }, json, 'Nothing was removed.');
    return;
  }
  await ConsoleApi.fromEnvironment().send('DELETE', ['integrations', projectId]);
  print(
    { removed: projectId },
    json,
    `Removed: webhooks of project "${projectId}" are rejected from now on. Undelivered events stay in Kafka until ` +
      'their retention ends, and are delivered if the integration is added again. To delete them: ' +
      `topics --delete-orphaned ${projectId}`,
  );
}

async function rotateSecret(
  projectId: string,
  { secretEnv, sandbox, json }: SecretOption & { sandbox?: true } & JsonOption,
): Promise<void> {
  const body =
    sandbox === true
      ? { sandboxServerSecret: await readSecret(sandboxSecret, secretEnv) }
      : { serverSecret: await readSecret(serverSecret, secretEnv) };
  const view = await change(projectId, 'secret', body);
  const ending = sandbox === true ? view.sandboxSecretEnding : view.serverSecretEnding;
  print(view, json, `Replaced with ••••${ending ?? ''}. It takes effect within two seconds.`);
}

async function test(projectId: string, { json }: JsonOption): Promise<void> {
  const api = ConsoleApi.fromEnvironment();
  const draft = { ...(await currentSettings(api, projectId)), projectId };
  const result = await api.send<TestEventResult>('POST', ['test-events'], draft);
  print(result, json, testEventText(result));
  if (result.verdict !== 'accepted') process.exitCode = exitCodes.failed;
}

async function reseal({ json }: JsonOption): Promise<void> {
  const result = await ConsoleApi.fromEnvironment().send<ResealResult>('POST', ['integrations', 'reseal']);
  const { integrations, webhookCredentials, notificationChannels, failures } = result;
  print(
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
  if (failures.length > 0) process.exitCode = exitCodes.failed;
}

function change(projectId: string, what: string, body?: unknown): Promise<ReadyIntegration> {
  return ConsoleApi.fromEnvironment().send('POST', ['integrations', projectId, what], body);
}
