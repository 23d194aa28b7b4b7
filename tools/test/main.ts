/** `npm test`: checks of the code, then every test on a real Kafka and a real Redis. Arguments go to Jest. */
import { Listr } from 'listr2';
import { runCheck } from './check';
import { checks } from './checks';
import { runJest } from './run-jest';

async function main(): Promise<number> {
  const complaints: string[] = [];
  await new Listr(
    checks.map((check) => ({
      title: check.name,
      task: async (_, task) => {
        const { passed, output, seconds } = await runCheck(check);
        task.title = `${check.name} (${seconds.toFixed(1)} s)`;
        if (passed) return;
        complaints.push(`── ${check.name} ──\n${output.trim()}`);
        throw new Error(`${check.name}: see below`);
      },
    })),
    { concurrent: 2, exitOnError: false, fallbackRendererCondition: () => !process.stdout.isTTY },
  ).run();
  for (const complaint of complaints) process.stderr.write(`\n${complaint}\n`);

  const jest = await runJest(process.argv.slice(2));
  if (complaints.length > 0) {
    process.stderr.write(`\n${complaints.length} of ${checks.length} checks failed; see above the tests.\n`);
  }
  const failed = jest.failed + complaints.length;
  process.stdout.write(`\n${jest.passed + checks.length - complaints.length} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : jest.exitCode;
}

// Whoever runs this was killed.
process.once('disconnect', () => process.exit(1));

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
