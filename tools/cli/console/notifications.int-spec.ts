import { type ScratchTopics, scratchTopics } from '@app/testing';
import { NotificationReceiver } from '../../../apps/console/test/notification-receiver';
import { RunningConsole, token } from '../../../apps/console/test/running-console';
import { runCli } from '../test/run-cli';

/** A separate database, because all channels of a database are listed. */
const redisUrl = new URL('/13', process.env['REDIS_URL']).toString();
/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('npm run cli -- notifications', () => {
  let topics: ScratchTopics;
  let receiver: NotificationReceiver;
  let running: RunningConsole;
  let env: Record<string, string>;

  beforeAll(async () => {
    topics = await scratchTopics();
    receiver = await NotificationReceiver.start();
    running = await RunningConsole.start(topics.prefix, {
      REDIS_URL: redisUrl,
      SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    env = { CONSOLE_URL: running.url, CONSOLE_TOKEN: token };
  });

  afterAll(async () => {
    await running.stop();
    await receiver.stop();
    await topics.remove();
  });

  it(
    'exits with 2 if the URL is missing, and names the option for it',
    async () => {
      const added = await runCli(['notifications', 'add', 'pager'], { env });
      expect(added).toMatchObject({ code: 2, stderr: expect.stringContaining('--url-env') as string });
    },
    severalRunsMs,
  );

  it(
    'adds a channel with the URL from standard input, tests, lists and removes it',
    async () => {
      const add = ['notifications', 'add', 'pager', '--project', 'shop', '--about', 'silence', 'retention'];
      const added = await runCli(add, { env, input: `${receiver.url}\n` });
      expect(added).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/Signing secret +whsec_/) as string,
      });
      expect((await runCli(['notifications', 'test', 'pager'], { env })).code).toBe(0);
      expect(receiver.types()).toEqual(['test']);
      receiver.respond = (response) => response.writeHead(500).end();
      const failed = await runCli(['notifications', 'test', 'pager'], { env });
      expect(failed).toMatchObject({ code: 1, stdout: 'The receiver responded with 500.\n' });

      const listed = await runCli(['notifications', 'list'], { env });
      expect(listed.stdout).toMatch(/pager.*webhook.*shop.*silence, retention/);
      expect(listed.stdout).not.toContain('/hook');
      const unknown = await runCli(['notifications', 'remove', 'other', '--yes'], { env });
      expect(unknown).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('"other" does not exist') as string,
      });
      expect((await runCli(['notifications', 'remove', 'pager', '--yes'], { env })).code).toBe(0);
      expect(await (await running.get('notification-channels')).json()).toEqual([]);
    },
    severalRunsMs,
  );
});
