/** `npm start`: runs the whole pipeline on this machine, from a fresh clone, and sends sample events through it. */
import path from 'node:path';
import { Command } from 'commander';
import { start, type StartOptions } from './start';
import { untilInterrupted } from './until-interrupted';

const program = new Command('npm start --')
  .description('Start Kafka, Redis, a simulated Statsig and the pipeline, and send sample events through it.')
  .option('--once', 'exit after the sample events, with 0 if all had the expected outcome', false)
  .option('--keep', 'keep the data of Kafka and Redis for the next start with --keep', false)
  .option('--no-samples', 'do not send sample events')
  .option('--no-integration', 'start without an integration, to add one in the console')
  .option('--ready-file <path>', 'when ready, write addresses and credentials to this file as JSON', (file) =>
    path.resolve(process.env['INIT_CWD'] ?? '.', file),
  );

const options = program.parse().opts<StartOptions>();
void untilInterrupted(async (undo) => ((await start(options, undo)).length === 0 ? 0 : 1));
