import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type Page } from 'playwright-core';

const images = path.resolve(__dirname, '..', '..', 'docs', 'images');

/** A user of the console in a browser. Collects the browser's errors. */
export class Visitor {
  readonly browserErrors: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.browserErrors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.browserErrors.push(error.message));
  }

  static async open(browser: Browser, baseURL: string): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL,
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'Europe/Stockholm',
      reducedMotion: 'reduce',
    });
    return new Visitor(context, await context.newPage());
  }

  /** Signs in on the page that asks for the token. */
  async signIn(token: string, name: string): Promise<void> {
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('heading', { name: 'Overview' }).waitFor();
  }

  /** Returns short descriptions of serious and critical findings of axe-core. */
  async seriousViolations(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  }

  /** Saves a screenshot for the docs. */
  async screenshot(name: string, { fullPage = false } = {}): Promise<void> {
    // Otherwise the sticky header appears in the middle of a full-page screenshot.
    await this.page.evaluate('window.scrollTo(0, 0)');
    await this.page.screenshot({ path: path.join(images, `${name}.png`), animations: 'disabled', fullPage });
  }
}
