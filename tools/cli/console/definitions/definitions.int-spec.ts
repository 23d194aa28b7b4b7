import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis, type RedisClient } from '@app/platform';
import { FakeRevenueCat, type ScratchTopics, scratchTopics, silentLogger } from '@app/testing';
import { RunningConsole, token } from '../../../../apps/console/test/running-console';
import { runCli } from '../../test/run-cli';

/** A separate database, because all integrations of a database are exported. */
const redisUrl = new URL('/10', process.env['REDIS_URL']).toString();
const secrets = {
  SHOP_SECRET: 'secret-of-the-shop-1234',
  SANDBOX_SECRET: 'secret-of-the-sandbox-9012',
  GAMES_SECRET: 'secret-of-the-games-5678',
};
const severalRunsMs = 240_000;

const file = `
- projectId: shop
  serverSecret: { fromEnv: SHOP_SECRET }
  format: log_event
  eventNames: rc
  revenue: after_commission
  filters: { products: { exclude: [com.example.tip.*] }, stores: { include: [play_store] } }
  includeSandbox: true
  sandboxServerSecret: { fromEnv: SANDBOX_SECRET }
  userIdAttribute: account
  anonymousCustomers: skip
  customIds: { transaction: original_transaction_id }
  userProperties: [store, status]
  maxRequestsPerSecond: 50
  lookup:
    revenueCatProjectId: proj1
    apiKey: { fromEnv: REVENUECAT_KEY }
---
projectId: games
serverSecret: { fromEnv: GAMES_SECRET }
`;

describe('npm run cli -- integrations', () => {
  let topics: ScratchTopics;
  let redis: RedisClient;
  let revenueCat: FakeRevenueCat;
  let running: RunningConsole;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    topics = await scratchTopics();
    redis = connectRedis({ REDIS_URL: [redisUrl] }, silentLogger);
    await redis.flushdb();
    revenueCat = await FakeRevenueCat.start();
    running = await RunningConsole.start(topics.prefix, {
      ...{ REDIS_URL: redisUrl, SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') },
      ...{ REVENUECAT_API_URL: revenueCat.url, INGEST_PUBLIC_URL: 'https://hooks.example' },
    });
    folder = mkdtempSync(join(tmpdir(), 'definitions-'));
    const access = { CONSOLE_URL: running.url, CONSOLE_TOKEN: token };
    env = { ...access, ...secrets, REVENUECAT_KEY: revenueCat.apiKey };
  });

  afterAll(async () => {
    await running.stop();
    await revenueCat.stop();
    redis.disconnect();
    await topics.remove();
    rmSync(folder, { recursive: true });
  });

  const cli = (args: readonly string[], input = '') => runCli(['integrations', ...args], { env, input });
  const write = (text: string): string => {
    const name = join(folder, 'integrations.yaml');
    writeFileSync(name, text);
    return name;
  };
  const listed = async () => (await (await running.get('integrations')).json()) as { projectId: string }[];

  it(
    'apply shows and makes the changes of a file, changes nothing the second time, and export returns them',
    async () => {
      const name = write(file);
      const dry = await cli(['apply', '-f', name, '--dry-run']);
      expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/\+ shop[^]*\+ games/) as unknown });
      expect(dry.stdout).toContain('serverSecret: changed (secret)');
      expect(await listed()).toEqual([]);

      const first = await cli(['apply', '-f', name]);
      expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('2 of 2') as unknown });
      expect(first.stdout).toContain('integrations webhook create shop');
      const dryAgain = await cli(['apply', '-f', name, '--dry-run']);
      expect(dryAgain.stdout).toMatch(/^= shop .*\n= games .*\nNothing was changed/);
      const again = await cli(['apply', '-f', '-', '--json'], file);
      expect(again.code).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({
        changes: [
          { projectId: 'shop', action: 'none', changes: [] },
          { projectId: 'games', action: 'none', changes: [] },
        ],
      });

      const exported = await cli(['export']);
      expect(exported).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('maxRequestsPerSecond: 50') as unknown,
      });
      const own = {
        ...{ SERVER_SECRET_SHOP: secrets.SHOP_SECRET, SERVER_SECRET_GAMES: secrets.GAMES_SECRET },
        SANDBOX_SERVER_SECRET_SHOP: secrets.SANDBOX_SECRET,
      };
      const roundTrip = await runCli(['integrations', 'apply', '-f', '-'], {
        env: { ...env, ...own, LOOKUP_API_KEY_SHOP: revenueCat.apiKey },
        input: exported.stdout,
      });
      expect(roundTrip).toMatchObject({ code: 0, stdout: expect.stringContaining('0 of 2') as unknown });

      const changed = await cli([
        'apply',
        '-f',
        write(file.replace('eventNames: rc', 'identity: best_known')),
      ]);
      expect(changed.stdout).toMatch(
        /~ shop[^]*eventNames: "rc" → "received"[^]*identity: "app_user_id" → "best_known"/,
      );
      expect(changed.stdout).toContain('= games');
      for (const { stdout, stderr } of [dry, first, dryAgain, again, exported, roundTrip, changed]) {
        for (const secret of [...Object.values(secrets), revenueCat.apiKey]) {
          expect(stdout + stderr).not.toContain(secret);
        }
      }
    },
    severalRunsMs,
  );

  it(
    'apply rejects a file with the line and column of each problem, and changes nothing',
    async () => {
      const before = await listed();
      const name = write(`${file}includeSandbox: maybe\n---\nprojectId: other\nserverSecrt: x\n`);
      const { code, stderr } = await cli(['apply', '-f', name]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/integrations\.yaml:21:1: includeSandbox: /);
      expect(stderr).toMatch(/integrations\.yaml:23:1: serverSecret: .*required/);
      expect(stderr).toContain('Nothing was changed');
      expect(await listed()).toEqual(before);
    },
    severalRunsMs,
  );

  it('rejects a change of an integration that was changed since the dry run', async () => {
    const put = (body: object) => running.put('integration-definitions/concurrent', body);
    const settings = { serverSecret: 'secret-of-concurrent' };
    const { revision } = (await (await put({ settings, dryRun: true })).json()) as { revision: string };
    expect((await put({ settings })).status).toBe(200);
    expect((await put({ settings: { ...settings, includeSandbox: true }, revision })).status).toBe(409);
    await running.remove('integrations/concurrent');
  });

  it(
    'webhook creates, checks, lists, updates and deletes the webhook in RevenueCat',
    async () => {
      await cli(['apply', '-f', write(file)]);
      const webhook = (...args: string[]) => cli(['webhook', ...args]);
      expect(await webhook('check', 'games')).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('API key') as unknown,
      });
      expect(await webhook('check', 'shop')).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/problem.*Fix: integrations webhook create/) as unknown,
      });
      const created = await webhook('create', 'shop');
      expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining('Created') as unknown });
      const [ours] = revenueCat.webhooks.all;
      const authorization = revenueCat.webhooks.authorizations.get(ours?.id ?? '') ?? '';
      expect(authorization).toMatch(/^Bearer /);
      expect(created.stdout).not.toContain(authorization);

      Object.assign(ours ?? {}, { app_id: 'app1' });
      const id = ours?.id ?? '';
      expect((await webhook('check', 'shop', '--json')).stdout).toContain('"kind": "app"');
      expect((await webhook('update', 'shop', id)).code).toBe(0);
      expect((await webhook('list', 'shop')).stdout).toMatch(new RegExp(`${id}.*yes.*both.*all`));
      const second = revenueCat.webhooks.add({ url: ours?.url ?? '', environment: 'production' });
      expect((await webhook('check', 'shop')).stdout).toContain('sends events twice');
      expect(await webhook('delete', 'shop', second.id)).toMatchObject({ code: 2 });
      expect((await webhook('delete', 'shop', second.id, '--yes')).code).toBe(0);
      expect(revenueCat.webhooks.all).toHaveLength(1);
    },
    severalRunsMs,
  );
});
