import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { until } from '@tools/stack';
import { type ProduceResult } from '../../tools/cli/produce/summary';
import { type MissingTransaction } from '../../tools/cli/reconcile/missing-transaction';
import { type Report } from '../../tools/cli/reconcile/report';
import { exportCsv } from '../../tools/cli/reconcile/test/export-csv';
import { type CliResult, runCli } from '../../tools/cli/test/run-cli';
import { RunningPipeline } from './running-pipeline';

interface Result extends Report {
  backfill: ProduceResult | null;
  missingTransactions: MissingTransaction[];
}

const dayMs = 86_400_000;
/** The command runs up to six times. */
const severalRunsMs = 240_000;

describe('npm run cli -- reconcile', () => {
  const startMs = Date.now() - 5 * dayMs;
  const timeText = (timeMs: number): string => new Date(timeMs).toISOString().replace('T', ' ').slice(0, 19);
  let pipeline: RunningPipeline;
  let folder: string;

  beforeAll(async () => {
    pipeline = await RunningPipeline.start({
      ...{ STATSIG_EVENT_TYPES: '*', STATSIG_FORMAT: 'log_event' },
      STATSIG_FILTERS: JSON.stringify({ products: { exclude: ['excluded'] } }),
    });
    folder = await mkdtemp(path.join(tmpdir(), 'reconcile-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
    await pipeline.stop();
  });

  async function reconcile(...args: string[]) {
    const { code, stdout, stderr } = await runCli(['reconcile', '--json', ...args], {
      env: pipeline.settingsOf('dispatcher'),
    });
    if (stdout === '') throw new Error(stderr);
    return { code, ...(JSON.parse(stdout) as Result) };
  }

  /** A webhook that was received 10 days ago. */
  async function receive(id: string, type: string, fields: object): Promise<void> {
    const event = { id, type, app_user_id: 'maya', environment: 'PRODUCTION', price: 9.99, ...fields };
    const headers = { 'received-at-ms': String(startMs - 5 * dayMs), 'project-id': pipeline.projectId };
    await pipeline.produce(JSON.stringify({ api_version: '1.0', event }), 'maya', headers);
  }

  it(
    'finds and delivers a purchase, a trial and a refund that are missing, once, even if two runs send them',
    async () => {
      await receive('webhook-1', 'RENEWAL', { transaction_id: 't1', renewal_number: 2 });
      await receive('webhook-2', 'RENEWAL', { transaction_id: 't2' });
      await receive('webhook-3', 'CANCELLATION', {
        transaction_id: 't1',
        cancel_reason: 'UNSUBSCRIBE',
        price: 0,
      });
      await pipeline.receiptsOf(['webhook-1', 'webhook-2', 'webhook-3'], 'delivered');

      const start_time = timeText(startMs);
      const end_time = timeText(startMs + 30 * dayMs);
      const refund = { refunded_at: timeText(startMs + dayMs), price_in_usd: '0' };
      const free = { price_in_usd: '0', purchase_price_in_usd: '0' };
      const rows = [
        { store_transaction_id: 't1' },
        { store_transaction_id: 't2', ...refund },
        { store_transaction_id: 't3' },
        { store_transaction_id: 't4', is_trial_period: 'true', renewal_number: '1', ...free },
        { store_transaction_id: 't5', is_sandbox: 'true' },
      ].map((row) => ({ start_time, end_time, ...row }));
      const file = path.join(folder, 'transactions.csv.gz');
      await writeFile(file, gzipSync(exportCsv(rows)));

      const list = path.join(folder, 'missing.ndjson');
      const dryRun = await reconcile(file, '--missing-to', list);
      expect(dryRun).toMatchObject({
        ...{ code: 1, project: pipeline.projectId, backfill: null, excluded: { sandbox: 1 } },
        totals: {
          revenuecat: { transactions: 5, usd: 19.98 },
          delivered: { transactions: 2, usd: 19.98 },
          missing: { transactions: 3, usd: 0 },
          unknown: { transactions: 0 },
        },
      });

      const listed = (await readFile(list, 'utf8')).trimEnd().split('\n');
      expect(listed.map((line): unknown => JSON.parse(line))).toEqual(dryRun.missingTransactions);
      expect(dryRun.missingTransactions.map(({ eventId, reason }) => [eventId, reason])).toEqual([
        ['backfill:purchase:2:t3', 'transaction_not_received'],
        ['backfill:purchase:1:t4', 'transaction_not_received'],
        ['backfill:refund:2:t2', 'other_kind_received'],
      ]);

      await pipeline.stopApp('mapper');
      // Each sends what it does not see of the other.
      const runs = await Promise.all([reconcile(file, '--backfill'), reconcile(file, '--backfill')]);
      expect(runs.map(({ code }) => code)).toEqual([0, 0]);
      const sent = runs.flatMap(({ backfill }) => backfill ?? []);
      expect(sent.reduce((sum, { accepted }) => sum + accepted, 0)).toBeGreaterThanOrEqual(3);
      const beforeDelivery = await reconcile(file, '--backfill');
      expect(beforeDelivery).toMatchObject({ code: 0, backfill: null });
      expect(beforeDelivery.totals).toMatchObject({
        missing: { transactions: 0 },
        undelivered: { transactions: 3 },
      });

      await pipeline.startApp('mapper');
      const backfilled = await until(
        async () => {
          const events = (await pipeline.statsigEvents()).filter(({ id }) => id.startsWith('backfill:'));
          if (events.length < 3) throw new Error(`Statsig has ${events.length} of 3 events`);
          return events;
        },
        { timeoutMs: 30_000 },
      );
      await pipeline.receiptsOf(
        backfilled.map(({ id }) => id),
        'delivered',
      );
      expect(
        backfilled.map(({ id, name, event }) => ({
          ...{ id, name, value: event['value'], time: event['time'] },
          isMarked: (event['metadata'] as Record<string, string>)['rc_backfill'],
        })),
      ).toEqual(
        expect.arrayContaining(
          [
            { id: 'backfill:purchase:2:t3', name: 'RENEWAL', value: 9.99 },
            { id: 'backfill:purchase:1:t4', name: 'INITIAL_PURCHASE', value: 0 },
            { id: 'backfill:refund:2:t2', name: 'CANCELLATION', value: -9.99 },
          ].map((event): unknown => expect.objectContaining({ ...event, isMarked: 'true' })),
        ),
      );
      const refunded = backfilled.find(({ name }) => name === 'CANCELLATION');
      expect(refunded?.event['time']).toBe(Math.trunc((startMs + dayMs) / 1_000) * 1_000);

      const second = await reconcile(file, '--backfill');
      expect(second).toMatchObject({ code: 0, backfill: null });
      expect(second.totals).toMatchObject({
        ...{ delivered: { transactions: 5, usd: 19.98 }, missing: { transactions: 0 } },
        ...{ undelivered: { transactions: 0 }, unknown: { transactions: 0 } },
      });
      expect((await pipeline.statsigEvents()).filter(({ id }) => id.startsWith('backfill:'))).toHaveLength(3);
      expect(await pipeline.statsigRepeats()).toEqual({});

      const audited = await pipeline.topics.read(pipeline.topics.names.audit, sent.length);
      expect(audited.map(({ value }) => JSON.parse(String(value)) as unknown)).toEqual(
        sent.map((): unknown => expect.objectContaining({ action: 'backfill', target: pipeline.projectId })),
      );
    },
    severalRunsMs,
  );

  it(
    'sends neither what was filtered nor dead letters, and nothing that it has reason to doubt',
    async () => {
      await receive('webhook-4', 'RENEWAL', { transaction_id: 'd1', app_user_id: '' });
      await receive('webhook-5', 'RENEWAL', { transaction_id: 'd2', product_id: 'excluded' });
      await pipeline.receiptsOf(['webhook-4'], 'dead_lettered');
      await pipeline.receiptsOf(['webhook-5'], 'filtered');
      const times = { start_time: timeText(startMs), end_time: timeText(startMs + 30 * dayMs) };
      const known = [{ store_transaction_id: 'd1' }, { store_transaction_id: 'd2' }];
      const file = path.join(folder, 'doubtful.csv');
      await writeFile(file, exportCsv(known.map((row) => ({ ...times, ...row }))));
      expect(await reconcile(file, '--backfill')).toMatchObject({
        ...{ code: 0, backfill: null, unmatchedStores: [] },
        totals: { undelivered: { transactions: 2 }, missing: { transactions: 0 } },
      });

      await writeFile(file, exportCsv([{ ...times, store_transaction_id: 's1', store: 'stripe' }]));
      const refused = async (env: Record<string, string>): Promise<CliResult> =>
        runCli(['reconcile', file, '--backfill'], { env: { ...pipeline.settingsOf('dispatcher'), ...env } });
      expect(await refused({})).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/from STRIPE.*--yes/) as unknown,
      });
      const filters = JSON.stringify({ apps: { exclude: ['app1'] } });
      expect(await refused({ STATSIG_FILTERS: filters })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('filters events by app') as unknown,
      });
    },
    severalRunsMs,
  );

  it(
    'counts what Kafka does not cover as unknown, unless the operator says that nothing was delivered then',
    async () => {
      const start = Date.now() - 40 * dayMs;
      const row = {
        store_transaction_id: 'old',
        start_time: timeText(start),
        end_time: timeText(start + 30 * dayMs),
      };
      const file = path.join(folder, 'old.csv');
      await writeFile(file, exportCsv([row]));
      expect(await reconcile(file, '--backfill')).toMatchObject({
        ...{ code: 0, backfill: null, totals: { unknown: { transactions: 1 } } },
      });
      const assumed = await reconcile(file, '--covered-from', new Date(start - dayMs).toISOString());
      expect(assumed).toMatchObject({
        ...{ code: 1, totals: { missing: { transactions: 1, usd: 9.99 } } },
        missingTransactions: [{ transactionId: 'old', reason: 'assumed' }],
      });
      const unconfirmed = await runCli(
        ['reconcile', file, '--backfill', '--covered-from', new Date(start - dayMs).toISOString()],
        { env: pipeline.settingsOf('dispatcher') },
      );
      expect(unconfirmed).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as unknown });
    },
    severalRunsMs,
  );
});
