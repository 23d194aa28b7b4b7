import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit, runOnExit } from '@tools/stack';

export interface JestResult {
  exitCode: number;
  passed: number;
  failed: number;
}

/** Runs Jest and shows its output. A suite that fails to run counts as a failed test. */
export async function runJest(args: readonly string[]): Promise<JestResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-jest-'));
  const tempFolder = await removeOnExit(folder);
  const outputFile = path.join(folder, 'result.json');
  try {
    const jest = spawn(
      process.execPath,
      [
        // NestJS is published as ES modules.
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        '--disable-warning=TimeoutNegativeWarning',
        'node_modules/jest/bin/jest.js',
        // A failed test may leave a consumer running.
        '--forceExit',
        ...['--json', '--outputFile', outputFile, ...args],
      ],
      // Standard output repeats the JSON; the readable report is on standard error.
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const exited = once(jest, 'exit');
    const onExit = await runOnExit(['kill', String(jest.pid)]);
    const [code] = (await exited) as [number | null];
    await onExit.cancel();
    return { exitCode: code ?? 1, ...(await countsIn(outputFile)) };
  } finally {
    await tempFolder.remove();
  }
}

async function countsIn(outputFile: string): Promise<{ passed: number; failed: number }> {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      await readFile(outputFile, 'utf8'),
    ) as Record<string, number>;
    return {
      passed: numPassedTests ?? 0,
      failed: (numFailedTests ?? 0) + (numRuntimeErrorTestSuites ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
