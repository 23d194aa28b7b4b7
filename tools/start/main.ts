/// <reference lib="esnext.disposable" />
/** `npm start`: runs the whole pipeline on this machine, from a fresh clone, and sends sample events through it. */
import path from 'node:path';
import { Command } from 'commander';
import { start, type StartOptions } from './start';

const program = new Command('npm start --')
  .description('Start Kafka, Redis, a simulated Statsig and the pipeline, and send sample events through it.')
  .option('--once', 'exit after the sample events, with 0 if all had the expected outcome', false)
  .option('--keep', 'keep the data of Kafka and Redis for the next start with --keep', false)
  .option('--no-samples', 'do not send sample events')
  .option('--no-integration', 'start without an integration, to add one in the console')
  .option('--ready-file <path>', 'when ready, write addresses and credentials to this file as JSON', (file) =>
    path.resolve(process.env['INIT_CWD'] ?? '.', file),
  );

async function main(): Promise<number> {
  const options = program.parse().opts<StartOptions>();
  // Ctrl-C ends all waiting; `undo` then stops what was started.
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve('interrupted');
      });
    }
    // The parent process was killed.
    process.once('disconnect', () => {
      resolve('interrupted');
    });
  });
  // The reader may have gone, as after `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const keepAlive = setInterval(() => undefined, 60_000);
  const undo = new AsyncDisposableStack();
  try {
    const ended = await Promise.race([start(options, undo), interrupted]);
    if (ended === 'interrupted') process.stdout.write('\nStopping…\n');
    return ended === 'interrupted' || ended.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await undo.disposeAsync();
    clearInterval(keepAlive);
  }
}

void main().then((exitCode) => process.exit(exitCode));
