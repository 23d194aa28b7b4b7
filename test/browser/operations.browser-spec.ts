import { randomUUID } from 'node:crypto';
import { type Locator, type Page } from 'playwright-core';
import { until } from '@tools/stack';
import { NotificationReceiver } from '../../apps/console/test/notification-receiver';
import { OtlpReceiver } from '../e2e/otlp-receiver';
import { ConsoleSession } from './console-session';
import { sandboxPurchase } from './purchases';

const startTimeoutMs = 400_000;
/** The console evaluates states every ten seconds, and needs two evaluations after its start. */
const patience = { timeoutMs: 40_000 };

/** What an operator uses when something is wrong: notifications and traces. */
describe('the console of an operator', () => {
  const undo = new AsyncDisposableStack();
  let pager: NotificationReceiver;
  let broken: NotificationReceiver;
  let collector: OtlpReceiver;
  let session: ConsoleSession;
  let page: Page;

  beforeAll(async () => {
    pager = undo.adopt(await NotificationReceiver.start(), (receiver) => receiver.stop());
    broken = undo.adopt(await NotificationReceiver.start(), (receiver) => receiver.stop());
    broken.respond = (response) => response.writeHead(500).end();
    collector = await OtlpReceiver.start();
    undo.defer(() => {
      collector.stop();
    });
    session = await ConsoleSession.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      CONSOLE_TRACE_URL: 'https://traces.example/{traceId}',
    });
    undo.defer(() => session.stop());
    page = session.visitor.page;
    await page.goto('/');
    await session.visitor.signIn(session.pipeline.addresses.consoleToken, 'Ada');
    await session.fillNewIntegration('default', "Statsig's RevenueCat connector");
    await page.getByRole('switch', { name: 'Send sandbox events' }).check();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('link', { name: 'Done' }).click();
  }, startTimeoutMs);

  afterAll(() => undo.disposeAsync(), startTimeoutMs);

  const channel = (name: string): Locator => page.getByRole('region', { name, exact: true });

  async function addChannel(name: string, url: string): Promise<void> {
    await page.getByRole('button', { name: 'New' }).click();
    const dialog = page.getByRole('dialog', { name: 'New notification channel' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('URL').fill(url);
    expect(await session.visitor.seriousViolations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.waitFor({ state: 'detached' });
    await channel(name).getByText('Nothing sent yet').waitFor();
  }

  it('serves each page at its address', async () => {
    const links = await page.getByRole('navigation').getByRole('link').all();
    const paths = await Promise.all(links.map((link) => link.getAttribute('href')));
    expect(paths).toContain('/notifications');
    for (const address of paths) expect((await page.goto(address ?? ''))?.status()).toBe(200);
  });

  it('adds a webhook as a notification channel, and sends it a test message', async () => {
    await page.getByRole('link', { name: 'Notifications' }).click();
    await page.getByText('No notification channel yet').waitFor();
    await addChannel('Pager', pager.url);
    await page.getByText('Enter it at the receiver now: it is not shown again.').waitFor();
    await channel('Pager').getByRole('button', { name: 'Send a test message' }).click();
    await channel('Pager').getByText('Test message accepted').waitFor();
    expect(pager.types()).toEqual(['test']);
    expect(await session.visitor.seriousViolations()).toEqual([]);
  });

  it('shows that the receiver of a channel does not accept the test message', async () => {
    await addChannel('Broken', broken.url);
    await channel('Broken').getByRole('button', { name: 'Send a test message' }).click();
    const result = channel('Broken').getByRole('status');
    await result.getByText('Test message not accepted').waitFor();
    await result.getByText('The receiver responded with 500.').waitFor();
    expect(await session.visitor.seriousViolations()).toEqual([]);
  });

  it('shows the id of the trace of an event, with a link to it', async () => {
    const id = `traced-${randomUUID()}`;
    await session.pipeline.sendWebhook(sandboxPurchase(id));
    await session.pipeline.untilAccepted(id);
    const { traceId } = await until(() => {
      const span = collector.spans.find(({ attributes }) => attributes['revenuecat.event.id'] === id);
      return span === undefined ? Promise.reject(new Error('no span yet')) : Promise.resolve(span);
    }, patience);
    await page.goto(`/events?event=${encodeURIComponent(`default/${id}`)}`);
    const drawer = page.getByRole('dialog');
    await drawer.getByText('Attempt 1: delivered').waitFor();
    await drawer.getByText(traceId, { exact: true }).waitFor();
    const link = drawer.getByRole('link', { name: 'Open the trace' });
    expect(await link.getAttribute('href')).toBe(`https://traces.example/${traceId}`);
    expect(await session.visitor.seriousViolations()).toEqual([]);
  });

  it('notifies of a suspension, and shows the channel whose receiver fails', async () => {
    await session.pipeline.faults({ kind: 'status', status: 401 });
    await session.pipeline.sendWebhook(sandboxPurchase(`rejected-${randomUUID()}`));
    await page.goto('/notifications');
    await until(() => {
      expect(pager.types()).toEqual(['test', 'integration.suspended']);
      return Promise.resolve();
    }, patience);
    expect(JSON.parse(pager.messages.at(-1)?.body ?? '')).toMatchObject({
      data: { project: 'default', status: 401 },
    });
    await channel('Pager').getByText('Working', { exact: true }).waitFor();
    const failing = channel('Broken');
    await failing.getByText('Retrying', { exact: true }).waitFor();
    await failing.getByText('The receiver responded with 500.').waitFor();
    await failing.getByText(/^Waiting: 1, after \d+ failed attempts/).waitFor();
    expect(await session.visitor.seriousViolations()).toEqual([]);
    await session.visitor.screenshot('notifications');
  });

  it('causes no errors in the browser', () => {
    expect(session.visitor.browserErrors).toEqual([]);
  });
});
