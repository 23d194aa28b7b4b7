/** `npm run bench -- <name>` runs bench/<name>/main.ts with the remaining arguments; without a name, the set. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Command } from 'commander';
import { type Benchmark, benchmarks } from './benchmarks';

const program = new Command('npm run bench --')
  .description(
    'Runs benchmarks with a real Kafka and a real Redis, and writes their results to bench/results. Without a name, runs those marked with *, which takes less than 20 minutes.',
  )
  .addHelpText('after', '\nOptions of a benchmark: npm run bench -- <name> --help')
  .argument('[name]', 'a benchmark, with its options')
  .action((name?: string) =>
    name === undefined
      ? runSet()
      : program.error(`Unknown benchmark ${name}. Run npm run bench -- --help to list all.`),
  );

for (const { name, description, inSet } of benchmarks)
  program.command(name, inSet === undefined ? description : `* ${description}${argumentsText(inSet)}`, {
    executableFile: scriptOf(name),
  });

program.parse();

async function runSet(): Promise<void> {
  const startMs = performance.now();
  const failed: string[] = [];
  for (const benchmark of benchmarks) {
    if (benchmark.inSet === undefined) continue;
    process.stdout.write(`\n${benchmark.name}: ${benchmark.description}\n`);
    if (!(await run(benchmark.name, benchmark.inSet))) failed.push(benchmark.name);
  }
  const minutes = (performance.now() - startMs) / 60_000;
  process.stdout.write(`\nFinished in ${minutes.toFixed(1)} minutes.\n`);
  if (failed.length === 0) return;
  process.stderr.write(`Failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}

/** Returns whether the benchmark succeeded. */
async function run(name: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [...process.execArgv, scriptOf(name), ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

function scriptOf(name: string): string {
  return path.join(__dirname, name, 'main.ts');
}

function argumentsText(args: NonNullable<Benchmark['inSet']>): string {
  return args.length === 0 ? '' : ` (with ${args.join(' ')})`;
}
