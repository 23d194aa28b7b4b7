import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** Headless Chromium as the system has it: Debian's package `chromium`, or what CHROMIUM_PATH names. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? found(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

function found(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name]).toString().trim();
    } catch {
      continue;
    }
  }
  throw new Error(
    'There is no Chromium. Install it (Debian: apt-get install chromium), or set CHROMIUM_PATH.',
  );
}
