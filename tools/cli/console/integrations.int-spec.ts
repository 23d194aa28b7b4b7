import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordProducer } from '@app/kafka';
import { type ScratchTopics, scratchTopics, silentLogger, until } from '@app/testing';
import type { Preview } from '../../../apps/console/api/preview';
import { Records } from '../../../apps/console/test/records';
import { RunningConsole, token } from '../../../apps/console/test/running-console';
import { runCli } from '../test/run-cli';

const secret = 'secret-of-the-command-line-1234';
/** Each run compiles the CLI first. */
const severalRunsMs = 180_000;

describe('npm run cli -- integrations', () => {
  const project = `cli-${process.pid}`;
  let topics: ScratchTopics;
  let statsig: Server;
  let running: RunningConsole;
  let env: Record<string, string>;
  /** Server secrets that Statsig received. */
  const receivedSecrets: unknown[] = [];

  beforeAll(async () => {
    topics = await scratchTopics();
    statsig = createServer((request, response) => {
      receivedSecrets.push(request.headers['statsig-api-key']);
      const isKnown = request.headers['statsig-api-key'] === secret;
      response.writeHead(isKnown ? 200 : 401).end('{"success":true}');
    });
    await once(statsig.listen(0, '127.0.0.1'), 'listening');
    running = await RunningConsole.start(topics.prefix, {
      SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      STATSIG_BASE_URL: `http://127.0.0.1:${(statsig.address() as AddressInfo).port}`,
    });
    env = { CONSOLE_URL: running.url, CONSOLE_TOKEN: token };
  });

  afterAll(async () => {
    await running.stop();
    statsig.close();
    await topics.remove();
  });

  it(
    'adds an integration with the secret from standard input, tests, pauses, resumes, lists and removes it',
    async () => {
      const add = [
        'integrations',
        'add',
        project,
        '--include-sandbox',
        '--event-types',
        'RENEWAL,PAYWALL_*',
        ...['--event-names', '{"preset":"lifecycle","rename":{}}', '--revenue', 'after_commission'],
        ...['--user-id-attribute', 'statsig_user_id', '--anonymous-customers', 'skip'],
        '--blocked-ids',
        'kiosk, demo',
      ];
      const added = await runCli(add, { env, input: `${secret}\n` });
      expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('••••1234') as unknown });

      const tested = await runCli(['integrations', 'test', project], { env });
      expect(tested).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/Statsig responded with 200.*\n.*Metrics → Events/) as unknown,
      });
      expect(receivedSecrets).toEqual([secret]);

      expect((await runCli(['integrations', 'pause', project], { env })).stdout).toContain('Paused');
      const table = await runCli(['integrations', 'list'], { env });
      expect(table.stdout).toMatch(new RegExp(`${project}.*paused.*••••1234.*sent`));
      const listed = await runCli(['integrations', 'list', '--json'], { env });
      expect(JSON.parse(listed.stdout)).toContainEqual(
        expect.objectContaining({
          projectId: project,
          enabled: false,
          eventTypes: ['RENEWAL', 'PAYWALL_*'],
          eventNames: { preset: 'lifecycle', rename: {} },
          revenue: 'after_commission',
          userIdAttribute: 'statsig_user_id',
          anonymousCustomers: 'skip',
          blockedIds: ['kiosk', 'demo'],
        }),
      );
      expect((await runCli(['integrations', 'resume', project], { env })).stdout).toContain('Resumed');

      const asked = await runCli(['integrations', 'remove', project], { env });
      expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as unknown });
      const removed = await runCli(['integrations', 'remove', project, '--yes'], { env });
      expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed') as unknown });
      for (const { stdout, stderr } of [added, tested, table, listed, removed]) {
        expect(stdout + stderr).not.toContain(secret);
      }
    },
    severalRunsMs,
  );

  it(
    'tests the server secret for sandbox events if there is one',
    async () => {
      const sandboxSecret = 'sandbox-secret-of-statsig-9012';
      await runCli(
        ['integrations', 'add', project, '--include-sandbox', '--sandbox-secret-env', 'SANDBOX_SECRET'],
        {
          env: { ...env, SANDBOX_SECRET: sandboxSecret },
          input: secret,
        },
      );
      expect(await runCli(['integrations', 'test', project], { env })).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('Statsig rejects the server secret for sandbox events') as unknown,
      });
      expect(receivedSecrets.at(-1)).toBe(sandboxSecret);
      await runCli(['integrations', 'remove', project, '--yes'], { env });
    },
    severalRunsMs,
  );

  it('replaces the secret with one from an environment variable, and reports that Statsig rejects it', async () => {
    const withSecret = { ...env, THE_SECRET: 'another-secret-of-statsig-5678' };
    await runCli(['integrations', 'add', project], { env, input: secret });
    const rotated = await runCli(['integrations', 'rotate-secret', project, '--secret-env', 'THE_SECRET'], {
      env: withSecret,
    });
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('••••5678') as unknown });
    const tested = await runCli(['integrations', 'test', project], { env });
    expect(tested).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/responded with 401.*rejects this server secret/) as unknown,
    });
    await runCli(['integrations', 'remove', project, '--yes'], { env });
  });

  it(
    'shows the webhook endpoint of a project, and rotates, signs and retires its credentials',
    async () => {
      const added = await runCli(['integrations', 'add', project, '--json'], { env, input: secret });
      const { authorization } = JSON.parse(added.stdout) as { authorization: string };
      const webhook = (args: readonly string[], input = '') =>
        runCli(['integrations', 'webhook', ...args], { env, input });

      const shown = await webhook(['show', project]);
      expect(shown.stdout).toContain(`/v1/projects/${project}/webhooks/revenuecat`);
      expect(shown.stdout).toMatch(/Authorization value +one is valid/);
      expect(shown.stdout).toMatch(/"\$AUTHORIZATION" \| curl -i .* \\\n {2}-H "@-"/);
      expect(shown.stdout).not.toContain(authorization);

      const rotated = await webhook(['rotate', project, '--generate']);
      const generated = /Authorization value {2}(Bearer .+)/.exec(rotated.stdout)?.[1] ?? '';
      expect(rotated.stdout).toContain(`AUTHORIZATION='${generated}'`);
      expect(rotated.stdout).toContain('two are valid');
      expect(await webhook(['rotate', project], 'a third value')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Two Authorization values are valid') as unknown,
      });
      expect(await webhook(['retire', project])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--yes') as unknown,
      });
      expect((await webhook(['retire', project, '--yes'])).stdout).toContain('Only one');

      const signed = await webhook(['sign', project], 'whsec-of-the-command-line');
      expect(signed.stdout).toContain('-hmac "$SIGNING_SECRET"');
      expect((await webhook(['unsign', project, '--yes', '--json'])).stdout).toContain('"signingSecrets": 0');
      for (const { stdout } of [shown, signed]) {
        for (const value of [authorization, generated, 'whsec-of-the-command-line']) {
          expect(stdout).not.toContain(value);
        }
      }

      const resealed = await runCli(['integrations', 'reseal'], { env });
      expect(resealed).toMatchObject({
        stdout: expect.stringMatching(
          /Encrypted with the first key: \d+ integrations, \d+ webhook/,
        ) as unknown,
      });
      await runCli(['integrations', 'remove', project, '--yes'], { env });
    },
    severalRunsMs,
  );

  it(
    'previews an event with the current settings, and with those in a file, and sends nothing',
    async () => {
      await runCli(['integrations', 'add', project, '--format', 'log_event'], { env, input: secret });
      const sentBefore = receivedSecrets.length;
      const folder = mkdtempSync(join(tmpdir(), 'preview-'));
      const fileOf = (name: string, content: string): string => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      };
      const preview = (args: readonly string[], input = '') =>
        runCli(['integrations', 'preview', project, ...args], { env, input });
      const fields = { app_user_id: 'maya', environment: 'PRODUCTION', price: 9.99 };
      const event = fileOf('event.json', JSON.stringify({ id: 'p1', type: 'RENEWAL', ...fields }));
      const settings = fileOf(
        'settings.yaml',
        `projectId: ${project}\nserverSecret: { fromEnv: NOT_SET }\nformat: log_event\neventNames: rc\n`,
      );

      const current = await preview(['--event', event]);
      expect(current).toMatchObject({ code: 0, stderr: '' });
      expect(current.stdout).toMatch(
        /With the current settings:\n {2}sent\n {4}Name +RENEWAL\n[^]*\n {4}userID +maya\n/,
      );
      const compared = await preview(
        ['--event', '-', '--settings', settings, '--json'],
        '{"event":{"id":"p2","type":"RENEWAL","app_user_id":"maya"}}',
      );
      expect(compared.code).toBe(0);
      expect(JSON.parse(compared.stdout) as Preview).toMatchObject({
        ...{ eventId: 'p2', isSame: false },
        ...{ draft: [{ name: 'rc_renewal_event' }], saved: [{ name: 'RENEWAL' }] },
      });

      const { value, headers } = new Records().event('stored-1', fields, { 'project-id': project });
      const producer = new RecordProducer(topics.kafka, silentLogger);
      await producer.connect();
      await producer.send([{ topic: topics.names.events, key: null, value, headers: { ...headers } }]);
      await producer.disconnect();
      await until(async () => (await running.get(`event?project=${project}&id=stored-1`)).ok);
      const none = fileOf(
        'none.yaml',
        `- projectId: ${project}\n  format: log_event\n  eventTypes: [TEST]\n`,
      );
      const filtered = await preview(['--event', 'stored-1', '--settings', none]);
      expect(filtered.code).toBe(1);
      expect(filtered.stdout).toMatch(
        /With the settings in .*none\.yaml:\n {2}filtered out by Event types \(type_not_selected\)/,
      );
      expect(filtered.stdout).toMatch(/With the current settings:\n {2}sent/);

      const invalid = fileOf('invalid.yaml', `projectId: ${project}\nformat: xml\nfilters: { app: {} }\n`);
      expect(await preview(['--event', event, '--settings', invalid])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/invalid\.yaml:2:1: format: [^]*invalid\.yaml:3:1: filters/) as unknown,
      });
      expect(await preview(['--event', 'absent.json'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('There is no file absent.json') as unknown,
      });
      expect(await preview(['--event', 'unknown'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('does not exist') as unknown,
      });
      expect(receivedSecrets).toHaveLength(sentBefore);
      rmSync(folder, { recursive: true });
      await runCli(['integrations', 'remove', project, '--yes'], { env });
    },
    severalRunsMs,
  );

  it.each([
    ['no secret', 2, ['integrations', 'add', 'p'], {}, 'Standard input is empty'],
    ['a wrong format', 1, ['integrations', 'add', 'p', '--format', 'xml'], {}, 'format'],
    [
      'an unknown project',
      1,
      ['integrations', 'pause', 'unknown'],
      {},
      'Project "unknown" has no integration',
    ],
    [
      'a wrong token',
      2,
      ['integrations', 'list'],
      { CONSOLE_TOKEN: 'wrong' },
      'rejected the token. Set CONSOLE_TOKEN',
    ],
    ['no token', 2, ['integrations', 'list'], { CONSOLE_TOKEN: '' }, 'requires a token. Set CONSOLE_TOKEN'],
    ['no console', 2, ['integrations', 'list'], { CONSOLE_URL: 'http://127.0.0.1:9' }, 'is not reachable at'],
    ['an invalid URL', 2, ['integrations', 'list'], { CONSOLE_URL: 'there' }, 'CONSOLE_URL'],
  ])('explains what to do about %s', async (what, code, args, other, message) => {
    const input = what === 'no secret' ? '' : secret;
    const result = await runCli(args, { env: { ...env, ...other }, input });
    expect(result).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message) as unknown,
    });
  });
});
