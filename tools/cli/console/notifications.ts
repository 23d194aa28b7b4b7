import { Command, Option } from 'commander';
import type {
  ChannelTestResult,
  ChannelView,
  ChannelWithSecret,
} from '../../../apps/console/api/notifications';
import { confirm } from '../confirm';
import { exitCodes } from '../exit-codes';
import { type JsonOption, print, tableText, withExamples, withJson } from '../output';
import { readSecret } from '../secret-input';
import { ConsoleApi } from './console-api';

interface AddOptions extends JsonOption {
  slack?: true;
  project?: string;
  about?: string[];
  urlEnv?: string;
}

/** As in the API. */
const subjects: ChannelView['subjects'] = [
  'delivery',
  'dead_letters',
  'rejected_webhooks',
  'silence',
  'retention',
];

export function notificationsCommand(): Command {
  return new Command('notifications')
    .description('Manage notification channels. Uses the console at CONSOLE_URL with CONSOLE_TOKEN')
    .addCommand(
      withExamples(
        withJson(
          new Command('list').description('List the channels and what happened to their messages'),
        ).action(list),
        'notifications list',
      ),
    )
    .addCommand(
      withExamples(
        withJson(
          new Command('add')
            .description('Add a channel. Reads its URL from standard input')
            .argument('<name>', 'name of the channel')
            .option('--slack', 'send to an incoming webhook of Slack, without a signature')
            .option('--project <project>', 'only what concerns this project')
            .addOption(new Option('--about <subjects...>', 'what to be notified about').choices(subjects))
            .option('--url-env <name>', 'read the URL from this environment variable instead'),
        ).action(add),
        'notifications add pager < url.txt',
        'notifications add team --slack --project shop --about delivery silence --url-env SLACK_URL',
      ),
    )
    .addCommand(channelCommand('test', 'Send a test message, and print the response').action(test))
    .addCommand(
      channelCommand('rotate-secret', 'Generate another signing secret, and print it once').action(
        rotateSecret,
      ),
    )
    .addCommand(
      channelCommand('remove', 'Remove a channel and the messages that wait to be sent')
        .option('--yes', 'do not ask for confirmation')
        .action(remove),
    );
}

function channelCommand(name: string, description: string): Command {
  const command = new Command(name)
    .description(description)
    .argument('<channel>', 'id or name of the channel');
  return withExamples(withJson(command), `notifications ${name} pager`);
}

async function list({ json }: JsonOption): Promise<void> {
  const channels = await readChannels();
  const rows = channels.map(({ id, name, kind, projectId, subjects: about, delivery, problem }) => {
    const { lastSuccessAtMs, queued, lastErrorAtMs, lastError } = delivery;
    const failure = lastErrorAtMs === null ? '' : `${timeOf(lastErrorAtMs)} ${lastError ?? ''}`;
    return [
      ...[id, name, kind, projectId ?? 'all', about.join(', ')],
      ...[lastSuccessAtMs === null ? '' : timeOf(lastSuccessAtMs), queued, problem ?? failure],
    ];
  });
  const head = ['id', 'name', 'kind', 'project', 'about', 'last success', 'waiting', 'last failure'];
  print(
    channels,
    json,
    channels.length === 0 ? 'No channel yet. Add one: notifications add <name>' : tableText(head, rows),
  );
}

async function add(name: string, { slack, project, about, urlEnv, json }: AddOptions): Promise<void> {
  const body = {
    kind: slack === true ? 'slack' : 'webhook',
    name,
    projectId: project ?? null,
    ...(about !== undefined && { subjects: about }),
    url: await readSecret('the URL', urlEnv, '--url-env'),
  };
  const added = await ConsoleApi.fromEnvironment().send<ChannelWithSecret>('POST', [path], body);
  print(added, json, [`Added ${added.id}.`, ...secretLines(added)].join('\n'));
}

async function test(nameOrId: string, { json }: JsonOption): Promise<void> {
  const { id } = await findChannel(nameOrId);
  const result = await ConsoleApi.fromEnvironment().send<ChannelTestResult>('POST', [path, id, 'test']);
  print(result, json, result.detail);
  if (!result.isAccepted) process.exitCode = exitCodes.failed;
}

async function rotateSecret(nameOrId: string, { json }: JsonOption): Promise<void> {
  const { id } = await findChannel(nameOrId);
  const changed = await ConsoleApi.fromEnvironment().send<ChannelWithSecret>('POST', [path, id, 'secret']);
  print(changed, json, secretLines(changed).join('\n'));
}

async function remove(nameOrId: string, { yes, json }: { yes?: true } & JsonOption): Promise<void> {
  const { id, name } = await findChannel(nameOrId);
  const question = `The channel "${name}" and its waiting messages will be deleted.`;
  if (yes !== true && !(await confirm(question, name))) {
    print({ removed: null }, json, 'Nothing was removed.');
    return;
  }
  await ConsoleApi.fromEnvironment().send('DELETE', [path, id]);
  print({ removed: id }, json, 'Removed.');
}

const path = 'notification-channels';

function readChannels(): Promise<ChannelView[]> {
  return ConsoleApi.fromEnvironment().get([path]);
}

/** Names need not be unique. */
async function findChannel(nameOrId: string): Promise<ChannelView> {
  const channels = await readChannels();
  const found = channels.filter(({ id, name }) => id === nameOrId || name === nameOrId);
  const [channel] = found;
  if (channel !== undefined && found.length === 1) return channel;
  throw new Error(
    found.length > 1
      ? `Several channels have the name "${nameOrId}": use the id that "notifications list" shows.`
      : `The channel "${nameOrId}" does not exist: "notifications list" shows the channels.`,
  );
}

function secretLines({ secret }: ChannelWithSecret): string[] {
  return secret === null
    ? []
    : [`Signing secret  ${secret}`, 'Enter it at the receiver now: it is not shown again.'];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
