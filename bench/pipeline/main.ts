/**
 * Measures the whole pipeline, from webhook to Statsig: latency at fixed rates, the highest rate that it sustains, how fast it
 * drains a backlog, and what an event costs each process. `npm run bench -- pipeline` writes bench/results/pipeline.md.
 */
import path from 'node:path';
import { type DeliveryFormat } from '@app/delivery';
import { Command, Option } from 'commander';
import { startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { measureDrain } from './measure-drain';
import { type Load, measureRate, type RateResult } from './measure-rate';
import { report } from './report';
import { inRounds, RunningPipeline } from './running-pipeline';
import { findHighestSustained } from './sustained';

const options = new Command('npm run bench -- pipeline')
  .description('Sends webhooks to the whole pipeline at constant rates, and lets it drain a backlog')
  .option('--rates <rates>', 'events per second, comma-separated', '50,500,1000')
  .option('--seconds <count>', 'duration of the measurement at each rate', '30')
  .option(
    '--step-seconds <count>',
    'duration of each step of the search for the highest sustained rate',
    '12',
  )
  .option('--max-rate <rate>', 'highest rate of the search, in events per second', '20000')
  .option('--backlog <count>', 'events of the backlog', '100000')
  .addOption(
    new Option('--format <format>', 'format of the requests to Statsig')
      .choices(['revenuecat', 'log_event'])
      .default('revenuecat'),
  )
  .parse()
  .opts<{
    rates: string;
    seconds: string;
    stepSeconds: string;
    maxRate: string;
    backlog: string;
    format: DeliveryFormat;
  }>();

const customers = 10_000;
const measuredMs = 1_000 * Number(options.seconds);
const stepMs = 1_000 * Number(options.stepSeconds);
const maxPerSecond = Number(options.maxRate);
/** The first load, after which Node has compiled the code that runs often. Not longer than a measurement. */
const firstLoad: Load = { perSecond: 500, warmUpMs: 0, measuredMs: Math.min(20_000, measuredMs) };
const warmUpMs = Math.min(5_000, measuredMs);
const stepWarmUpMs = Math.min(3_000, stepMs);

void withTemporaryFolder(main);

async function main(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const pipeline = await RunningPipeline.start({
    stack,
    format: options.format,
    database: path.join(folder, 'read-model.sqlite'),
    logFolder: folder,
    eventAt: inRounds(customers),
  });
  undo.defer(() => pipeline.stop());

  const measure = async (load: Load): Promise<RateResult> => {
    const result = await measureRate(pipeline, load);
    const { p50, p99 } = result.latencyMs;
    process.stdout.write(
      `${String(load.perSecond)}/s: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${result.isSustained ? '' : ', not sustained'}\n`,
    );
    return result;
  };
  await measure(firstLoad);
  const rates: RateResult[] = [];
  for (const perSecond of options.rates.split(',').map(Number))
    rates.push(await measure({ perSecond, warmUpMs, measuredMs }));

  const steps: RateResult[] = [];
  const highest = await findHighestSustained(
    async (perSecond) => {
      const step = await measure({ perSecond, warmUpMs: stepWarmUpMs, measuredMs: stepMs });
      steps.push(step);
      return step.isSustained;
    },
    { fromPerSecond: 1_000, resolution: 1.1, maxPerSecond },
  );
  const drain = await measureDrain(pipeline, Number(options.backlog));
  const results = { rates, highest, steps, drain };
  await writeResults('pipeline', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(results, { format: options.format, customers, seconds: measuredMs / 1_000 }),
    results,
  });
}
