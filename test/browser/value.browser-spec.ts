import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Page } from 'playwright-core';
import { until } from '@tools/stack';
import { exportCsv } from '../../tools/cli/reconcile/test/export-csv';
import { type CliResult, runCli } from '../../tools/cli/test/run-cli';
import { ConsoleSession } from './console-session';
import {
  conversion,
  daysAgo,
  earlierConversion,
  exportRows,
  monthly,
  refund,
  trial,
  yearly,
} from './subscriptions';

const startTimeoutMs = 400_000;
/** Time until a change of an integration, or an event, has reached every app. */
const soon = { timeoutMs: 10_000 };
/** The command runs three times. */
const severalRunsMs = 240_000;

/** Its value is revenue after commission, and its names are those of the lifecycle. */
const chosen = 'chosen';
/** Has the settings that a new integration starts with. */
const unchanged = 'unchanged';
const projects = [chosen, unchanged];

/** From the set-up with RevenueCat's API to the backfill of what its webhooks missed. */
describe('the value of events in Statsig', () => {
  let session: ConsoleSession;
  let page: Page;
  /** The log stream of Statsig. */
  let statsig: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-value-'));
    session = await ConsoleSession.start();
    const { visitor, pipeline } = session;
    page = visitor.page;
    await page.goto('/');
    await visitor.signIn(pipeline.addresses.consoleToken, 'Ada');
    statsig = await visitor.context.newPage();
    await statsig.goto(pipeline.addresses.simulatorUrl);
  }, startTimeoutMs);

  afterAll(async () => {
    await session.stop();
    await rm(folder, { recursive: true });
  }, startTimeoutMs);

  /** Sends an event to every webhook, with the Authorization value that RevenueCat was given for it. */
  async function revenueCatSends(event: Record<string, unknown>): Promise<void> {
    const { all, authorizations } = session.revenueCat.webhooks;
    for (const { id, url } of all) {
      await until(async () => {
        const status = await session.pipeline.post(event, url, authorizations.get(id) ?? '');
        expect(status).toBe(200);
      }, soon);
    }
  }

  /** Waits until the log stream of Statsig shows exactly these names and values for the events with this text. */
  async function statsigShows(filter: string, expected: [name: string, value: string][]): Promise<void> {
    await statsig.getByRole('searchbox', { name: 'Filter events' }).fill(filter);
    await until(async () => {
      const rows = await statsig.locator('tr.event').all();
      const shown = rows.map(async (row) => [
        await row.getByRole('button').innerText(),
        await row.locator('td.number').innerText(),
      ]);
      expect((await Promise.all(shown)).toSorted()).toEqual(expected.toSorted());
    }, soon);
  }

  /** Waits until the preview shows this name and value in one of its columns. */
  async function previewShows(column: string, name: string, value: string): Promise<void> {
    const region = page.getByRole('region', { name: column, exact: true });
    const fact = (of: RegExp) => region.getByRole('row', { name: of }).locator('.mono').innerText();
    await until(async () => {
      expect([await fact(/^Name/), await fact(/^Value/)]).toEqual([name, value]);
    }, soon);
  }

  it.each(projects)(
    'adds a project with a RevenueCat API key, and its webhook in RevenueCat: %s',
    async (project) => {
      const { revenueCat, pipeline, visitor } = session;
      await session.fillNewIntegration(project, 'Statsig events API');
      await page.getByRole('switch', { name: 'Use the API of RevenueCat' }).check();
      await page.getByLabel('RevenueCat project id').fill('proj1');
      await page.getByLabel('RevenueCat secret API key').fill(revenueCat.apiKey);
      await page.getByRole('button', { name: 'Add', exact: true }).click();

      const webhooks = page.getByRole('region', { name: 'Webhooks in RevenueCat' });
      await webhooks.getByText('No webhook yet').waitFor();
      expect(await webhooks.getByText('this project', { exact: true }).count()).toBe(0);
      await webhooks.getByRole('button', { name: 'Create in RevenueCat' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
      await webhooks.getByText('RevenueCat sends the events of this project').waitFor();
      const ours = webhooks.getByRole('row').filter({ hasText: 'this project' });
      await ours.getByText('production', { exact: true }).waitFor();
      const { all } = revenueCat.webhooks;
      expect(all.at(-1)).toMatchObject({ url: pipeline.webhookUrl(project), environment: 'production' });
      expect(await webhooks.getByRole('row').count()).toBe(1 + all.length);
      expect(await visitor.seriousViolations()).toEqual([]);
    },
  );

  it('updates the webhook although it matches, for another environment', async () => {
    await page.goto(`/integrations/${chosen}`);
    const webhooks = page.getByRole('region', { name: 'Webhooks in RevenueCat' });
    await webhooks.getByText('RevenueCat sends the events of this project').waitFor();
    await webhooks.getByRole('button', { name: 'Update in RevenueCat' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'Production and sandbox', exact: true }).check();
    await dialog.getByRole('button', { name: 'Update', exact: true }).click();
    const ours = webhooks.getByRole('row').filter({ hasText: 'this project' });
    await ours.getByText('both', { exact: true }).waitFor();
    expect(session.revenueCat.webhooks.all).toContainEqual(
      expect.objectContaining({ url: session.pipeline.webhookUrl(chosen), environment: null }),
    );
  });

  it('previews a real event with the chosen names and revenue, before they are saved', async () => {
    await revenueCatSends(earlierConversion);
    await page.goto(`/events?project=${chosen}`);
    await page.locator(`[data-event="${earlierConversion.id}"]`).getByText('Delivered').waitFor();

    await page.goto(`/integrations/${chosen}`);
    await page.getByRole('radio', { name: 'Lifecycle names' }).check();
    await page.getByRole('radio', { name: 'Revenue after store commission', exact: true }).check();
    await page.getByRole('combobox', { name: 'Event', exact: true }).click();
    await page.getByRole('option', { name: `RENEWAL · ${monthly} · $9.99 · noah` }).click();
    await previewShows('With the settings in this form', 'rc_trial_converted_event', '8.4915');
    await previewShows('With the saved settings', 'rc_renewal_event', '9.99');
    expect(await session.visitor.seriousViolations()).toEqual([]);
  });

  it('previews a pasted event, and compares it with the new settings after they are saved', async () => {
    await page.getByText('Pasted JSON', { exact: true }).click();
    await page.getByLabel('Event as JSON').fill(JSON.stringify(refund));
    await previewShows('With the settings in this form', 'rc_refund_event', '-33.9915');
    await previewShows('With the saved settings', 'rc_cancellation_event', '-39.99');

    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByText('The saved settings have the same result.').waitFor();
    await statsigShows('event-', [
      ['rc_renewal_event', '9.99'],
      ['rc_renewal_event', '9.99'],
    ]);
  });

  it('sends a trial, its conversion and the refund with the settings of each project', async () => {
    await untilInEffect();
    for (const event of [trial, conversion, refund]) await revenueCatSends(event);
    await statsigShows(trial.id, [
      ['rc_trial_started_event', '0'],
      ['rc_initial_purchase_event', '0'],
    ]);
    await statsigShows(conversion.id, [
      ['rc_trial_converted_event', '33.9915'],
      ['rc_renewal_event', '39.99'],
    ]);
    await statsigShows(refund.id, [
      ['rc_refund_event', '-33.9915'],
      ['rc_cancellation_event', '-39.99'],
    ]);
  });

  /** Sends events of their own to the changed project, until one has a name of the lifecycle. */
  async function untilInEffect(): Promise<void> {
    const { pipeline, revenueCat } = session;
    const [webhook = { id: '', url: '' }] = revenueCat.webhooks.all;
    await until(async () => {
      const probe = { ...earlierConversion, id: `probe-${randomUUID()}`, type: 'UNCANCELLATION', price: 0 };
      await pipeline.post(probe, webhook.url, revenueCat.webhooks.authorizations.get(webhook.id) ?? '');
      await pipeline.untilAccepted(probe.id);
      expect(await pipeline.statsigEvents(probe.id)).toMatchObject([{ name: 'rc_resubscription_event' }]);
    }, soon);
  }

  it.each([
    {
      project: chosen,
      basis: 'after_commission',
      names: ['rc_trial_started_event', 'rc_trial_converted_event', 'rc_refund_event'],
      values: [0, 33.9915, -33.9915],
    },
    {
      project: unchanged,
      basis: 'gross',
      names: ['rc_initial_purchase_event', 'rc_renewal_event', 'rc_cancellation_event'],
      values: [0, 39.99, -39.99],
    },
  ])(
    'shows in the console what was sent for the project: $project',
    async ({ project, basis, names, values }) => {
      const money = [
        ['0', '0'],
        ['39.99', '30.356409'],
        ['-39.99', '-30.356409'],
      ];
      for (const [i, { id }] of [trial, conversion, refund].entries()) {
        await page.goto(`/events?project=${project}&event=${project}/${id}`);
        await page.getByText('Attempt 1: delivered').waitFor();
        await page.getByRole('tab', { name: 'Sent to Statsig' }).click();
        const sent = await page.getByRole('region', { name: 'sent event' }).innerText();
        expect(JSON.parse(sent)).toMatchObject({
          ...{ eventName: names[i], value: values[i], user: { userID: trial.app_user_id } },
          metadata: { rc_value_basis: basis, rc_gross_usd: money[i]?.[0], rc_proceeds_usd: money[i]?.[1] },
        });
      }
    },
  );

  it(
    'finds three transactions in an export that no webhook reported, and delivers each of them once',
    async () => {
      const { kafkaBrokers, redisUrl } = session.pipeline.addresses;
      const file = path.join(folder, 'transactions.csv.gz');
      await writeFile(file, gzipSync(exportCsv(exportRows)));
      const reconcile = (...options: string[]): Promise<CliResult> =>
        runCli(
          ['reconcile', file, '--project', chosen, '--covered-from', daysAgo(5).slice(0, 10), ...options],
          {
            env: { KAFKA_BROKERS: kafkaBrokers, REDIS_URL: redisUrl },
          },
        );
      const day = (days: number): string => daysAgo(days).slice(0, 10);

      const before = await reconcile();
      expect(before).toMatchObject({ code: 1 });
      expect(tableIn(before.stdout)).toEqual([
        [day(4), yearly, '1', '39.99', '0', '0.00', '1', '39.99', '0', '0'],
        [day(3), monthly, '1', '9.99', '0', '0.00', '1', '9.99', '0', '0'],
        [day(2), monthly, '1', '-9.99', '0', '0.00', '1', '-9.99', '0', '0'],
        [day(0), monthly, '1', '9.99', '1', '9.99', '0', '0.00', '0', '0'],
        [day(0), yearly, '3', '0.00', '3', '0.00', '0', '0.00', '0', '0'],
        ['total', '', '7', '49.98', '4', '9.99', '3', '39.99', '0', '0'],
      ]);
      expect(before.stdout).toContain('3 are missing (39.99 USD).');

      const sent = await reconcile('--backfill', '--yes');
      expect(sent).toMatchObject({ code: 0 });
      expect(sent.stdout).toContain('Backfill: 3 accepted, 0 rejected');
      await statsigShows('backfill:', [
        ['rc_initial_purchase_event', '27.993'],
        ['rc_renewal_event', '8.4915'],
        ['rc_refund_event', '-8.4915'],
      ]);
      await showsBackfill(['purchase:1:GPA.olga', 'purchase:2:GPA.liam', 'refund:2:GPA.liam']);

      const received = await session.pipeline.statsigEvents();
      const again = await reconcile('--backfill', '--yes');
      expect(again).toMatchObject({ code: 0 });
      const total = ['total', '', '7', '49.98', '7', '49.98', '0', '0.00', '0', '0'];
      expect(tableIn(again.stdout).at(-1)).toEqual(total);
      expect(again.stdout).toContain('Nothing is missing.');
      expect(await session.pipeline.statsigEvents()).toEqual(received);
      await page.goto('/audit?action=backfill');
      await page.locator('[data-action="backfill"]').getByText(chosen, { exact: true }).waitFor();
      expect(await page.locator('[data-action="backfill"]').count()).toBe(1);
    },
    severalRunsMs,
  );

  /** Checks that both log streams mark these events. */
  async function showsBackfill(ids: string[]): Promise<void> {
    await page.goto('/events');
    for (const id of ids) {
      const row = page.locator(`[data-event="backfill:${id}"]`);
      await row.getByText('Delivered').waitFor();
      await row.getByText('backfill', { exact: true }).waitFor();
      await statsig.getByRole('searchbox', { name: 'Filter events' }).fill(`backfill:${id}`);
      await statsig.locator('tr.event').getByRole('button').click();
      await statsig.locator('#facts').getByText(`backfill:${id}`).waitFor();
      expect(await statsig.getByLabel('Event from the batch').innerText()).toContain('"rc_backfill": "true"');
    }
  }

  it('causes no errors in the browser', () => {
    expect(session.visitor.browserErrors).toEqual([]);
  });
});

/** The cells of a table that the command line has printed, without its head. */
function tableIn(output: string): string[][] {
  const lines = output.split('\n').filter((line) => line.startsWith('│'));
  return lines.slice(1).map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
