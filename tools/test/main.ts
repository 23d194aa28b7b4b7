/** `npm test`: builds the apps and runs static checks, then all tests on a real Kafka and a real Redis. Arguments go to Jest. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeOnExit } from '@tools/stack';
import { Listr } from 'listr2';
import { type Check, runCheck } from './check';
import { runJest } from './run-jest';

/** What comes before the tests. The slowest come first, since two run at a time. */
const checks: Check[] = [
  { name: 'build', command: process.execPath, args: ['--import', 'tsx', 'tools/test/build.ts'] },
  { name: 'lint', command: 'eslint', args: ['.'] },
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'types of the web app', command: 'tsc', args: ['-p', 'apps/console/web'] },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'dependency rules', command: 'depcruise', args: ['apps', 'libs', 'tools', 'test', 'bench'] },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
];

async function main(): Promise<number> {
  const failures: string[] = [];
  await new Listr(
    checks.map((check) => ({
      title: check.name,
      task: async (_, task) => {
        const { passed, output, seconds } = await runCheck(check);
        task.title = `${check.name} (${seconds.toFixed(1)} s)`;
        if (passed) return;
        failures.push(`── ${check.name} ──\n${output.trim()}`);
        throw new Error(`${check.name}: see below`);
      },
    })),
    { concurrent: 2, exitOnError: false, fallbackRendererCondition: () => !process.stdout.isTTY },
  ).run();
  for (const failure of failures) process.stderr.write(`\n${failure}\n`);

  // What tests leave in the temporary folder is removed with it.
  const folder = await mkdtemp(path.join(tmpdir(), 'revenuecat-statsig-test-'));
  const tempFolder = await removeOnExit(folder);
  const args = process.argv.slice(2);
  const results = [await runJest('unit', args, folder), await runJest('integration', args, folder)];
  await tempFolder.remove();
  if (failures.length > 0) {
    process.stderr.write(`\n${failures.length} of ${checks.length} checks failed; see above the tests.\n`);
  }
  const tests = {
    passed: sum(results.map(({ passed }) => passed)),
    failed: sum(results.map(({ failed }) => failed)),
  };
  if (tests.passed + tests.failed === 0) throw new Error('No tests match the arguments.');
  const failed = tests.failed + failures.length;
  const skipped = results.flatMap((result) => result.skipped);
  // With arguments, Jest counts the tests that do not match as skipped.
  if (args.length === 0) for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
  process.stdout.write(`\n${tests.passed + checks.length - failures.length} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

// The parent process was killed.
process.once('disconnect', () => process.exit(1));

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
