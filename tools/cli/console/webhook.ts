import { Command, Option } from 'commander';
import type { IntegrationView } from '../../../apps/console/api/integrations';
import { webhookCurl } from '../../../apps/console/api/webhook-curl';
import type { NewAuthorizationView, WebhookView } from '../../../apps/console/api/webhooks';
import { confirm } from '../confirm';
import { type JsonOption, print, withExamples, withJson } from '../output';
import { readSecret } from '../secret-input';
import { ConsoleApi } from './console-api';
import { revenueCatWebhookCommands } from './revenuecat-webhooks';

interface RotateOptions extends JsonOption {
  secretEnv?: string;
  generate?: true;
}

interface RetireOptions extends JsonOption {
  signingSecret?: true;
  newest?: true;
  yes?: true;
}

export function webhookCommand(): Command {
  const command = new Command('webhook')
    .description(
      'The webhook endpoint of a project: its URL, the credentials that RevenueCat sends, and the webhook in RevenueCat',
    )
    .addCommand(
      projectCommand(
        'show',
        'Print the URL, the state of the credentials, and a curl command that posts a test event',
        'show shop',
      ).action(show),
    )
    .addCommand(
      projectCommand(
        'rotate',
        'Replace the Authorization value with the one on standard input. The previous one stays valid until it is retired',
        'rotate shop --generate',
        'rotate shop < authorization.txt',
      )
        .addOption(new Option('--generate', 'generate the value, and print it once').conflicts('secretEnv'))
        .option('--secret-env <name>', 'read the value from this environment variable instead')
        .action(rotate),
    )
    .addCommand(
      projectCommand(
        'sign',
        'Set or replace the signing secret with the one on standard input, from RevenueCat. The previous one stays valid until it is retired',
        'sign shop < secret.txt',
      )
        .option('--secret-env <name>', 'read the secret from this environment variable instead')
        .action(sign),
    )
    .addCommand(
      projectCommand(
        'retire',
        'Retire the previous Authorization value, so that only the newest one is valid',
        'retire shop',
        'retire shop --signing-secret',
      )
        .option('--signing-secret', 'retire the previous signing secret instead')
        .option('--newest', 'retire the newest one instead, which RevenueCat does not send')
        .option('--yes', 'do not ask for confirmation')
        .action(retire),
    )
    .addCommand(
      projectCommand('unsign', 'Accept webhooks without a signature', 'unsign shop')
        .option('--yes', 'do not ask for confirmation')
        .action(unsign),
    );
  for (const one of revenueCatWebhookCommands(projectCommand)) command.addCommand(one);
  return command;
}

function projectCommand(name: string, description: string, ...examples: string[]): Command {
  const command = new Command(name).description(description).argument('<project>', 'id of the project');
  return withExamples(withJson(command), ...examples.map((example) => `integrations webhook ${example}`));
}

async function show(projectId: string, { json }: JsonOption): Promise<void> {
  const { webhook } = await ConsoleApi.fromEnvironment().get<IntegrationView>(['integrations', projectId]);
  print(webhook, json, webhookText(webhook));
}

async function rotate(projectId: string, { secretEnv, generate, json }: RotateOptions): Promise<void> {
  const body =
    generate === true ? {} : { authorization: await readSecret('the Authorization value', secretEnv) };
  const created = await send<NewAuthorizationView>('POST', projectId, ['authorization'], body);
  const { authorization, webhook } = created;
  const printed = generate === true ? created : webhook;
  print(
    printed,
    json,
    [
      ...(generate === true ? [`Authorization value  ${authorization}`, 'It is not shown again.'] : []),
      'Valid within two seconds. Enter it in RevenueCat, then retire the previous one.',
      '',
      webhookText(webhook, generate === true ? authorization : undefined),
    ].join('\n'),
  );
}

async function sign(
  projectId: string,
  { secretEnv, json }: { secretEnv?: string } & JsonOption,
): Promise<void> {
  const body = { signingSecret: await readSecret('the signing secret', secretEnv) };
  const webhook = await send<WebhookView>('POST', projectId, ['signing-secret'], body);
  print(
    webhook,
    json,
    `Valid within two seconds. Webhooks require a signature from now on.\n\n${webhookText(webhook)}`,
  );
}

async function retire(projectId: string, { signingSecret, newest, yes, json }: RetireOptions): Promise<void> {
  const what = signingSecret === true ? 'signing secret' : 'Authorization value';
  const which = newest === true ? 'newest' : 'previous';
  const question = `Webhooks of project "${projectId}" with the ${which} ${what} will be rejected.`;
  if (yes !== true && !(await confirm(question, projectId))) {
    print({ changed: false }, json, 'Nothing was changed.');
    return;
  }
  const kind = signingSecret === true ? 'signing-secret' : 'authorization';
  const webhook = await send<WebhookView>('DELETE', projectId, [kind, which]);
  print(webhook, json, `Retired. Only one ${what} is valid.`);
}

async function unsign(projectId: string, { yes, json }: { yes?: true } & JsonOption): Promise<void> {
  const question = `Webhooks of project "${projectId}" will be accepted without a signature.`;
  if (yes !== true && !(await confirm(question, projectId))) {
    print({ changed: false }, json, 'Nothing was changed.');
    return;
  }
  const webhook = await send<WebhookView>('DELETE', projectId, ['signing-secret']);
  print(
    webhook,
    json,
    'Webhooks do not require a signature from now on. The Authorization value is still checked.',
  );
}

function send<T>(
  method: 'POST' | 'DELETE',
  projectId: string,
  path: readonly string[],
  body?: unknown,
): Promise<T> {
  return ConsoleApi.fromEnvironment().send<T>(method, ['integrations', projectId, 'webhook', ...path], body);
}

const origins: Record<WebhookView['origin'], string> = {
  console: 'set in the console',
  environment: 'set in the environment of the apps (WEBHOOK_…)',
  none: 'missing: create them with "integrations webhook rotate <project> --generate"',
};

export function webhookText(webhook: WebhookView, authorization?: string): string {
  const { url, origin, authorizations, signingSecrets, problem } = webhook;
  return [
    `Webhook URL          ${url}`,
    `Credentials          ${problem === null ? origins[origin] : `unreadable: ${problem}`}`,
    `Authorization value  ${validity(authorizations)}`,
    `Signing secret       ${validity(signingSecrets)}`,
    '',
    'Post a test event:',
    webhookCurl(webhook, Date.now(), authorization),
  ].join('\n');
}

function validity(count: number): string {
  if (count === 0) return 'none';
  return count === 1 ? 'one is valid' : 'two are valid, until one is retired';
}
