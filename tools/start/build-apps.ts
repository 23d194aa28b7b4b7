import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownFolder, runCommand, until } from '@tools/stack';
import { root } from './root';

const buildTimeoutMs = 180_000;

const apps = ['ingest', 'mapper', 'dispatcher', 'statsig-simulator', 'cli', 'console'];

/** Builds the apps into `dist/`, one start at a time: another must not run what is half written. */
export async function buildApps(): Promise<void> {
  const lock = path.join(root, 'dist', '.building');
  await mkdir(path.dirname(lock), { recursive: true });
  await until(() => writeFile(lock, String(process.pid), { flag: 'wx' }), { timeoutMs: buildTimeoutMs });
  const held = await ownFolder(lock);
  try {
    await runCommand('nest', ['build', ...apps], { cwd: root, timeoutMs: buildTimeoutMs });
    await runCommand('npm', ['run', 'build:console-web'], { cwd: root, timeoutMs: buildTimeoutMs });
  } finally {
    await held.remove();
  }
}
