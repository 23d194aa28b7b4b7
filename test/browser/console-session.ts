/// <reference lib="esnext.disposable" />
import { FakeRevenueCat } from '@app/testing';
import { launchChromium } from './chromium';
import { RunningPipeline } from './running-pipeline';
import { Visitor } from './visitor';

/** A running pipeline whose RevenueCat is a local imitation, and a visitor of its console in a browser. */
export class ConsoleSession {
  private constructor(
    readonly revenueCat: FakeRevenueCat,
    readonly pipeline: RunningPipeline,
    readonly visitor: Visitor,
    private readonly undo: AsyncDisposableStack,
  ) {}

  /** @param env additional settings of the apps */
  static async start(env: Record<string, string> = {}): Promise<ConsoleSession> {
    await using undo = new AsyncDisposableStack();
    const revenueCat = undo.adopt(await FakeRevenueCat.start(), (fake) => fake.stop());
    const pipeline = undo.adopt(
      await RunningPipeline.start({ ...env, REVENUECAT_API_URL: revenueCat.url }),
      (running) => running.stop(),
    );
    const browser = undo.adopt(await launchChromium(), (running) => running.close());
    const visitor = await Visitor.open(browser, pipeline.addresses.consoleUrl);
    visitor.page.setDefaultTimeout(30_000);
    return new ConsoleSession(revenueCat, pipeline, visitor, undo.move());
  }

  /** Opens the form of a new integration, and fills in what is required. */
  async fillNewIntegration(
    projectId: string,
    format: 'Statsig events API' | "Statsig's RevenueCat connector",
  ): Promise<void> {
    const { page } = this.visitor;
    await page.goto('/integrations/new');
    await page.getByLabel('Statsig server secret key').fill(this.pipeline.addresses.statsigKey);
    await page.getByRole('textbox', { name: 'Project', exact: true }).fill(projectId);
    await page.getByRole('radio', { name: format }).check();
  }

  stop(): Promise<void> {
    return this.undo.disposeAsync();
  }
}
