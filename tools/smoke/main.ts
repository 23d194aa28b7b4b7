/** `npm run smoke`: sends one event through the running pipeline, or through its own, and checks that Statsig receives it. */
import path from 'node:path';
import { Command } from 'commander';
import { readReadyFile, type RunningPipeline, runningPipeline } from '../start/ready-file';
import { startPipeline } from '../start/start';
import { untilInterrupted } from '../start/until-interrupted';
import { deliverOne } from './deliver-one';

const { readyFile } = new Command('npm run smoke --')
  .description(
    'Send one event through the pipeline of npm start or npm run dev, and exit with 0 if Statsig receives it within 25 seconds. If no pipeline is running, start one first.',
  )
  .option('--ready-file <path>', 'use the pipeline that wrote this file (npm start -- --ready-file)')
  .parse()
  .opts<{ readyFile?: string }>();

void untilInterrupted(async (undo) => {
  const { eventId, deliveredInMs } = await deliverOne(await pipeline(undo));
  process.stdout.write(`Event ${eventId} reached Statsig once, after ${deliveredInMs} ms.\n`);
  return 0;
});

type Addresses = Pick<RunningPipeline, 'ingestUrl' | 'simulatorUrl' | 'authorization'>;

async function pipeline(undo: AsyncDisposableStack): Promise<Addresses> {
  if (readyFile !== undefined) return readReadyFile(path.resolve(process.env['INIT_CWD'] ?? '.', readyFile));
  const running = await runningPipeline();
  if (running !== undefined) return running;
  process.stdout.write('No pipeline is running in this repository; starting one.\n');
  return (await startPipeline({ keep: false, integration: true }, undo)).pipeline;
}
