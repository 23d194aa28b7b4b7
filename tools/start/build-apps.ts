import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { removeOnExit, runCommand, until } from '@tools/stack';
import { root } from './root';
import { sourceFingerprint } from './source-fingerprint';

const buildTimeoutMs = 300_000;

const apps = ['ingest', 'mapper', 'dispatcher', 'statsig-simulator', 'cli', 'console'];

/**
 * Builds the apps into `dist/`, unless they are up to date.
 * A lock keeps other processes from running a partial build.
 */
export async function buildApps(): Promise<void> {
  const lock = path.join(root, 'dist', '.building');
  await mkdir(path.dirname(lock), { recursive: true });
  await until(() => writeFile(lock, String(process.pid), { flag: 'wx' }), { timeoutMs: buildTimeoutMs });
  const lockFile = await removeOnExit(lock);
  try {
    const builtFrom = path.join(root, 'dist', '.built-from');
    const fingerprint = await sourceFingerprint();
    if ((await readFile(builtFrom, 'utf8').catch(() => '')) === fingerprint) return;
    await runCommand('nest', ['build', ...apps], { cwd: root, timeoutMs: buildTimeoutMs });
    await runCommand('npm', ['run', 'build:console-web'], { cwd: root, timeoutMs: buildTimeoutMs });
    await writeFile(builtFrom, fingerprint);
  } finally {
    await lockFile.remove();
  }
}
