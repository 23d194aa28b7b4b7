/// <reference lib="esnext.disposable" />
/** `npm start`: the whole pipeline on this machine, from a fresh clone, with events travelling through it. */
import path from 'node:path';
import { Command } from 'commander';
import { start, type StartOptions } from './start';

const program = new Command('npm start --')
  .description(
    'Brings up Kafka, Redis, a simulated Statsig and the pipeline, and sends sample events through.',
  )
  .option('--once', 'end after the table: 0 if every event arrived exactly once', false)
  .option('--keep', 'keep the data of Kafka and Redis for the next start with --keep', false)
  .option('--no-samples', 'send nothing')
  .option('--no-integration', 'begin without an integration, to add one in the console')
  .option(
    '--ready-file <path>',
    'write addresses and credentials there, as JSON, once everything is up',
    (file) => path.resolve(process.env['INIT_CWD'] ?? '.', file),
  );

async function main(): Promise<number> {
  const options = program.parse().opts<StartOptions>();
  // Ends this process's wait for whatever it waits for, at Ctrl-C. What it runs itself is ended by `undo`.
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve('interrupted');
      });
    }
    // Whoever runs this was killed.
    process.once('disconnect', () => {
      resolve('interrupted');
    });
  });
  // Nobody reads on, as after `| head`: no reason to fail.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const awake = setInterval(() => undefined, 60_000);
  const undo = new AsyncDisposableStack();
  try {
    const ended = await Promise.race([start(options, undo), interrupted]);
    if (ended === 'interrupted') process.stdout.write('\nEnding…\n');
    return ended === 'interrupted' || ended.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await undo.disposeAsync();
    clearInterval(awake);
  }
}

void main().then((exitCode) => process.exit(exitCode));
