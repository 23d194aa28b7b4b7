import { randomUUID } from 'node:crypto';
import { type Page } from 'playwright-core';
import { until } from '@tools/stack';
import { ConsoleSession } from './console-session';
import { sandboxPurchase } from './purchases';
import { type RunningPipeline } from './running-pipeline';
import { type Visitor } from './visitor';
import { WebhookLoad } from './webhook-load';

const startTimeoutMs = 400_000;
/** Time until a change of an integration takes effect in every app. */
const soon = { timeoutMs: 5_000 };

/** The steps that RevenueCat documents: add the integration, make a test purchase, check that it was delivered. */
describe('the console', () => {
  let session: ConsoleSession;
  let pipeline: RunningPipeline;
  let visitor: Visitor;
  let page: Page;
  const purchase = `purchase-${randomUUID()}`;
  const renewal = `renewal-${randomUUID()}`;

  beforeAll(async () => {
    session = await ConsoleSession.start();
    ({ pipeline, visitor } = session);
    page = visitor.page;
  }, startTimeoutMs);

  afterAll(() => session.stop(), startTimeoutMs);

  it('rejects a wrong token', async () => {
    await page.goto('/');
    await page.getByLabel('Token').fill('not-the-token-at-all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText("This is not the console's token").waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    // The browser itself logs the status 401.
    expect(visitor.browserErrors.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('signs in with the token, and stores the session in a cookie that scripts cannot read', async () => {
    await visitor.signIn(pipeline.addresses.consoleToken, 'Ada');
    await page.getByText('Nothing is sent to Statsig yet').waitFor();
    const [cookie] = await visitor.context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    expect(await visitor.seriousViolations()).toEqual([]);
  });

  it('adds the Statsig integration with a secret and sandbox events, and shows the response to a test event', async () => {
    await page.getByRole('link', { name: 'Integrations' }).click();
    await page.getByText('No integration yet').waitFor();
    await page.getByRole('link', { name: 'Add integration' }).click();
    await page.getByLabel('Statsig server secret key').fill('not-the-key');
    await page.getByRole('radio', { name: "Statsig's RevenueCat connector" }).check();
    await page.getByRole('switch', { name: 'Send sandbox events' }).check();
    const sendTest = page.getByRole('button', { name: 'Send a test event' });
    await sendTest.click();
    await page.getByText('Statsig responded with 401 in').waitFor();
    await page.getByLabel('Statsig server secret key').fill(pipeline.addresses.statsigKey);
    await sendTest.click();
    await page.getByText('Statsig responded with 200 in').waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('integration-new', { fullPage: true });
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('link', { name: 'Done' }).waitFor();
    await page.getByRole('link', { name: 'Integrations' }).click();
    await page.getByRole('link', { name: 'Statsig · default' }).waitFor();
    const { statsigKey } = pipeline.addresses;
    await page.getByText(`••••${statsigKey.slice(-4)}`).waitFor();
    expect(await page.content()).not.toContain(statsigKey);
  });

  it('shows the webhook URL, but not the credentials from the environment', async () => {
    await page.getByText(pipeline.webhookUrl('default')).waitFor();
    await page.getByRole('button', { name: 'Copy webhook URL' }).waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('integrations');
    await page.getByRole('link', { name: 'Statsig · default' }).click();
    const card = page.getByRole('region', { name: 'RevenueCat webhook' });
    await card.getByText('set in the environment').waitFor();
    await card.getByText('"$AUTHORIZATION" | curl -i').waitFor();
    expect(await page.content()).not.toContain(pipeline.addresses.authorization);
    expect(await visitor.seriousViolations()).toEqual([]);
  });

  it('shows a sandbox purchase and its delivery without a reload', async () => {
    await page.getByRole('link', { name: 'Log stream' }).click();
    await page.getByText('No events yet').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await pipeline.sendWebhook(sandboxPurchase(purchase));
    const row = page.locator(`[data-event="${purchase}"]`);
    await row.getByText('Delivered').waitFor();
    expect(await pipeline.accepted(purchase)).toBe(1);
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('log-stream');
  });

  it('finds a customer by an alias, and shows the origin of each alias and attribute', async () => {
    await page.getByRole('link', { name: 'Customers' }).click();
    expect(await visitor.seriousViolations()).toEqual([]);
    await page.getByRole('searchbox').fill('$RCAnon');
    await page.getByRole('link', { name: '$RCAnonymousID:8f14e45fceea167a5a36dedd4bea2543' }).click();
    await page.getByRole('heading', { name: 'Customer history' }).waitFor();
    await page.getByText('maya@mail.example').waitFor();
    await page.locator(`[data-event="${purchase}"]`).getByText('Delivered').waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('customer');
  });

  it('shows each attempt, the received event and what enrichment added', async () => {
    await pipeline.sendWebhook({
      id: renewal,
      type: 'RENEWAL',
      app_user_id: 'maya',
      environment: 'SANDBOX',
      product_id: 'pro.monthly',
      price: 4.99,
      event_timestamp_ms: Date.now(),
    });
    const row = page.locator(`[data-event="${renewal}"]`);
    await row.getByText('Delivered').waitFor();
    await row.getByRole('button', { name: 'RENEWAL' }).click();
    await page.getByText('Attempt 1: delivered').waitFor();
    await page.getByText(/status 200 in/).waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('event-delivery');
    await page.getByRole('tab', { name: 'Sent to Statsig' }).click();
    await page.locator('.diff-added', { hasText: 'maya@mail.example' }).first().waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('event-diff');
  });

  it('sends an event again, and the ledger detects the duplicate', async () => {
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('The ledger prevents duplicates').waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await page
      .getByRole('dialog', { name: 'Send this event again?' })
      .getByRole('button', { name: 'Send again' })
      .click();
    await page.getByRole('tab', { name: 'Delivery' }).click();
    await page.getByText('Duplicate: Statsig already has it').waitFor();
    expect(await pipeline.accepted(renewal)).toBe(1);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  });

  it('shows the same event in the log stream of Statsig', async () => {
    const statsig = await visitor.context.newPage();
    await statsig.goto(pipeline.addresses.simulatorUrl);
    await statsig.getByText('INITIAL_PURCHASE').first().waitFor();
    await statsig.close();
  });

  it('shows a dead letter with its reason, and redrives it after the cause is fixed', async () => {
    const rejected = `rejected-${randomUUID()}`;
    await pipeline.reject(rejected);
    await pipeline.sendWebhook(
      sandboxPurchase(rejected, { app_user_id: 'noah', original_app_user_id: 'noah', aliases: [] }),
    );
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByRole('heading', { name: /statsig_400/ }).waitFor();
    await page.getByText(/Statsig rejected the content of the event/).waitFor();
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('dead-letters');
    await page.getByRole('button', { name: rejected }).click();
    const drawer = page.getByRole('dialog', { name: 'Dead letter' });
    await drawer
      .getByText(/Statsig responded with 400/)
      .first()
      .waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await drawer.getByRole('button', { name: 'Close' }).click();

    await pipeline.reject(undefined);
    await page.getByRole('button', { name: 'Redrive 1' }).click();
    await page.getByText('1 of 1 sent again').waitFor();
    await page.getByText('No dead letters').waitFor();
    await pipeline.untilAccepted(rejected);
    await page.goto(`/events?event=${encodeURIComponent(`default/${rejected}`)}`);
    await page.getByText(/Attempt \d+: delivered/).waitFor();
  });

  it('shows the totals on the overview', async () => {
    await page.goto('/');
    await page
      .getByRole('listitem')
      .filter({ hasText: 'Delivered' })
      .getByText('3', { exact: true })
      .waitFor();
    await page.getByText('Delivering', { exact: true }).waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await visitor.screenshot('overview');
  });

  it('pauses an integration, which keeps its events, and resumes it', async () => {
    const held = `held-${randomUUID()}`;
    await page.goto('/integrations/default');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    // Every app has seen the change after two seconds: the registry polls once a second.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await pipeline.sendWebhook(sandboxPurchase(held));
    await page.goto('/events');
    await page.locator(`[data-event="${held}"]`).getByText('Waiting').waitFor();
    await page.goto('/integrations/default');
    await page.getByRole('button', { name: 'Resume' }).click();
    await pipeline.untilAccepted(held);
  });

  it('shows the audit log, and keeps its filters in the URL', async () => {
    await page.getByRole('link', { name: 'Audit' }).click();
    const added = page.locator('[data-action="add_integration"]');
    await added.getByText('Ada').waitFor();
    await added.getByText('default', { exact: true }).waitFor();
    expect(await added.locator('time').getAttribute('title')).toMatch(/ UTC$/);
    expect(await page.content()).not.toContain(pipeline.addresses.statsigKey);
    expect(await visitor.seriousViolations()).toEqual([]);
    // Hide the notification.
    await page.reload();
    await added.waitFor();
    await visitor.screenshot('audit');
    await page.getByRole('combobox', { name: 'Action' }).click();
    await page.getByRole('option', { name: 'Add integration' }).click();
    await page.waitForURL('**/audit?action=add_integration');
    await page.locator('[data-action="sign_in"]').first().waitFor({ state: 'detached' });
    await added.getByText('Show').click();
    await added.getByText('"includeSandbox": true').waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await page.goto('/audit?who=unknown-operator');
    await page.getByText('No record matches these filters').waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
  });

  it('shows beside each choice what it makes of one of the last events', async () => {
    await page.goto('/integrations/default');
    await page
      .getByText(/^Example: your (INITIAL_PURCHASE|RENEWAL) of /)
      .first()
      .waitFor();
    await page
      .getByText(/^sent as rc_(initial_purchase|renewal)_event$/)
      .first()
      .waitFor();
    await page.getByText(/^value \d+\.\d+ USD, userID maya$/).waitFor();
    await page.getByText('Filter events out by app').click();
    await page.getByText('An Only list of products does not apply').waitFor();
    const stores = page.getByRole('combobox', { name: 'Stores: without' });
    await stores.fill('APP_STORE');
    await stores.press('Enter');
    await page.getByText(/not sent, filtered out by stores\.exclude "APP_STORE"/).waitFor();
    // The list of options is scrolled with the arrow keys of the text box, which axe does not know.
    await stores.press('Escape');
    expect(await visitor.seriousViolations()).toEqual([]);
  });

  it("stores RevenueCat's API key, shows only its last characters, and deletes it", async () => {
    const key = 'sk_key_of_the_browser_test_wxyz';
    await page.goto('/integrations/default');
    const uses = page.getByRole('switch', { name: 'Use the API of RevenueCat' });
    await uses.check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Paste the secret API key').waitFor();
    await page.getByLabel('RevenueCat project id').fill('proj1a2b3c4d');
    await page.getByLabel('RevenueCat secret API key').fill(key);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Stored: ••••wxyz').waitFor();
    expect(await page.getByLabel('RevenueCat secret API key').inputValue()).toBe('');
    expect(await visitor.seriousViolations()).toEqual([]);
    await page.getByRole('switch', { name: 'Look up new customers in RevenueCat' }).uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('looks up new customers').waitFor({ state: 'detached' });
    await page.getByText('Stored: ••••wxyz').waitFor();
    await uses.uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Stored: ••••wxyz').waitFor({ state: 'detached' });
  });

  it('saves and removes blocked ids', async () => {
    await page.goto('/integrations/default');
    await page.getByRole('combobox', { name: 'Blocked ids' }).fill('kiosk');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await page.getByText('kiosk', { exact: true }).waitFor();
    expect(await visitor.seriousViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Remove all blocked ids' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    await page.reload();
    await page.getByRole('combobox', { name: 'Blocked ids' }).waitFor();
    expect(await page.getByText('kiosk', { exact: true }).count()).toBe(0);
  });

  it('exports the events that match the filters, and keeps the filters in the URL', async () => {
    await page.goto('/events?types=RENEWAL&outcomes=delivered');
    await page.locator(`[data-event="${renewal}"]`).waitFor();
    expect(await page.locator('[data-event]').count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export NDJSON' }).click(),
    ]);
    const chunks = await (await download.createReadStream()).toArray();
    const lines = Buffer.concat(chunks as Buffer[])
      .toString()
      .trim()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { eventId: string }).eventId)).toEqual([renewal]);
  });

  describe('with a second project', () => {
    const shop = 'shop';
    let authorization: string;
    const testEvent = () => sandboxPurchase(`shop-${randomUUID()}`, { type: 'TEST' });
    const card = () => page.getByRole('region', { name: 'RevenueCat webhook' });
    const newValue = () => card().getByRole('status').locator('code').innerText();

    it('shows its own webhook URL, and its Authorization value once', async () => {
      await session.fillNewIntegration(shop, "Statsig's RevenueCat connector");
      await page.getByRole('switch', { name: 'Send sandbox events' }).check();
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await card().getByText('Copy it now: it is not shown again.').waitFor();
      await card().getByText(pipeline.webhookUrl(shop), { exact: true }).waitFor();
      authorization = await newValue();
      expect(authorization).toMatch(/^Bearer [\w-]{43}$/);
      await card().getByText(`AUTHORIZATION='${authorization}'`).waitFor();
      expect(await visitor.seriousViolations()).toEqual([]);
      await visitor.screenshot('integration-added', { fullPage: true });
      await page.getByRole('link', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      expect(await page.content()).not.toContain(authorization);
    });

    it('delivers its purchases', async () => {
      const bought = `shop-purchase-${randomUUID()}`;
      await until(async () => {
        const status = await pipeline.post(sandboxPurchase(bought), pipeline.webhookUrl(shop), authorization);
        expect(status).toBe(200);
      }, soon);
      await pipeline.untilAccepted(bought);
      await page.goto(`/events?project=${shop}`);
      await page.locator(`[data-event="${bought}"]`).getByText('Delivered').waitFor();
    });

    it('rejects the credentials of one project at the URL of another, and shows this on the overview', async () => {
      await page.goto('/');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      const status = await pipeline.post(testEvent(), pipeline.webhookUrl('default'), authorization);
      expect(status).toBe(401);
      const rejected = page.locator('[data-project="default"][data-outcome="unauthorized"]');
      await rejected.getByText('Wrong Authorization value').waitFor({ timeout: 10_000 });
      await rejected.getByText(/1 in 24 h, last .+ ago/).waitFor();
      await rejected.getByText('the URL and the value of two projects are mixed up').waitFor();

      const queried = `${pipeline.addresses.ingestUrl}/v1/webhooks/revenuecat?project=${shop}`;
      expect(await pipeline.post(testEvent(), queried, pipeline.addresses.authorization)).toBe(400);
      await page.getByText('Wrong URL').waitFor({ timeout: 10_000 });
      expect(await page.content()).not.toContain(authorization);
      expect(await visitor.seriousViolations()).toEqual([]);
      await visitor.screenshot('rejected-webhooks');
    });

    it('replaces the value under load without rejecting a webhook, and rejects the previous one after it is retired', async () => {
      const previous = authorization;
      const load = new WebhookLoad(() =>
        pipeline.post(testEvent(), pipeline.webhookUrl(shop), authorization),
      );
      try {
        await page.goto(`/integrations/${shop}`);
        await card().getByRole('button', { name: 'Replace Authorization value' }).click();
        expect(await visitor.seriousViolations()).toEqual([]);
        await page.getByRole('dialog').getByRole('button', { name: 'Replace', exact: true }).click();
        await card().getByText('Two Authorization values are valid').waitFor();
        const next = await newValue();
        await until(
          async () => {
            expect(await pipeline.post(testEvent(), pipeline.webhookUrl(shop), next)).toBe(200);
          },
          { timeoutMs: 2_000 },
        );
        await load.many();
        authorization = next;
        await load.many();
        await card().getByRole('button', { name: 'Retire Authorization value' }).click();
        expect(await visitor.seriousViolations()).toEqual([]);
        await page.getByRole('dialog').getByRole('button', { name: 'Retire', exact: true }).click();
        await card().getByText('One Authorization value is valid').waitFor();
        await until(
          async () => {
            expect(await pipeline.post(testEvent(), pipeline.webhookUrl(shop), previous)).toBe(401);
          },
          { timeoutMs: 2_000 },
        );
        await load.many();
      } finally {
        await load.stop();
      }
      expect(load.statuses).toEqual(new Set([200]));
    });

    it('removes its credentials too', async () => {
      await page.goto(`/integrations/${shop}`);
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByRole('heading', { name: 'Integrations' }).waitFor();
      await until(async () => {
        expect(await pipeline.post(testEvent(), pipeline.webhookUrl(shop), authorization)).toBe(404);
      }, soon);
    });
  });

  describe('in dark mode and on a phone', () => {
    let phone: Page;
    let small: Visitor;

    beforeAll(async () => {
      phone = await visitor.context.newPage();
      await phone.emulateMedia({ colorScheme: 'dark' });
      await phone.setViewportSize({ width: 390, height: 844 });
      small = Object.assign(Object.create(visitor) as Visitor, { page: phone });
    });

    afterAll(async () => {
      await phone.close();
    });

    it.each([
      '/integrations',
      '/integrations/default',
      '/integrations/new',
      '/customers/profile?project=default&id=maya',
      '/events',
      '/dead-letters',
      '/audit',
      '/',
    ])('is accessible and fits the screen: %s', async (path) => {
      await phone.goto(path);
      await phone.getByRole('heading', { level: 1 }).waitFor();
      await phone.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
      expect(await small.seriousViolations()).toEqual([]);
      // As text, because it runs in the browser.
      expect(await phone.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    });

    it('shows the overview', async () => {
      await phone.getByText('Delivering', { exact: true }).waitFor();
    });
  });

  it('shows what has changed between the list of events and the start of their stream', async () => {
    const late = 'purchase-before-the-stream';
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    await page.route('**/events/stream*', async (route) => {
      await started;
      await route.continue();
    });
    await page.goto('/events');
    await page.locator('[data-event]').first().waitFor();
    await pipeline.sendWebhook(sandboxPurchase(late));
    await pipeline.untilAccepted(late);
    start();
    await page.locator(`[data-event="${late}"]`).getByText('Delivered').waitFor();
    await page.unroute('**/events/stream*');
  });

  it('causes no errors in the browser', () => {
    expect(visitor.browserErrors).toEqual([]);
  });

  it('removes an integration after confirmation, and signs out', async () => {
    await page.goto('/integrations/default');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('No integration yet').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
  });
});
