import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runOnExit } from '@tools/stack';

export interface JestResult {
  passed: number;
  /** A suite that does not run counts as a failed test. */
  failed: number;
  /** Names of the tests that were skipped. */
  skipped: string[];
}

const exitTimeoutMs = 10_000;
const pollIntervalMs = 500;

type Project = 'unit' | 'integration';

const options: Record<Project, string[]> = {
  unit: ['--maxWorkers', '100%'],
  // One at a time: they measure memory and time, and share Kafka and Redis.
  integration: ['--runInBand'],
};

/**
 * Runs the tests of a project and shows the output of Jest.
 *
 * @param tempFolder the temporary folder of the tests, and of the result
 */
export async function runJest(
  project: Project,
  args: readonly string[],
  tempFolder: string,
): Promise<JestResult> {
  const outputFile = path.join(tempFolder, `jest-${project}.json`);
  const jest = spawn(
    process.execPath,
    [
      // NestJS is published as ES modules.
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...['--json', '--outputFile', outputFile, ...args],
      ...['--passWithNoTests', ...options[project], '--selectProjects', project],
    ],
    // Standard output repeats the JSON; the readable report is on standard error.
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, TMPDIR: tempFolder } },
  );
  const exited = once(jest, 'exit').then(() => true);
  const onExit = await runOnExit(['kill', String(jest.pid)]);
  await endOf(jest, exited, outputFile);
  await onExit.cancel();
  const { passed, failed, skipped } = await resultIn(outputFile);
  return { passed, skipped, failed: failed === 0 && (jest.exitCode ?? 0) !== 0 ? 1 : failed };
}

/** Ends Jest if it does not exit by itself after it has written the result: a test has left a timer, socket or process. */
async function endOf(jest: ChildProcess, exited: Promise<boolean>, outputFile: string): Promise<void> {
  while (!(await Promise.race([exited, delay(pollIntervalMs, false)]))) {
    if (!existsSync(outputFile)) continue;
    if (await Promise.race([exited, delay(exitTimeoutMs, false)])) return;
    process.stderr.write(
      `Jest did not exit within ${exitTimeoutMs / 1000} s after the tests, and was ended. To find what a test left open: npm run test:integration -- --detectOpenHandles\n`,
    );
    jest.kill('SIGKILL');
    await exited;
    return;
  }
}

interface JestOutput {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
}

async function resultIn(outputFile: string): Promise<JestResult> {
  try {
    const output = JSON.parse(await readFile(outputFile, 'utf8')) as JestOutput;
    return {
      passed: output.numPassedTests,
      failed: output.numFailedTests + output.numRuntimeErrorTestSuites,
      skipped: output.testResults
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => status === 'pending')
        .map(({ fullName }) => fullName),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}
