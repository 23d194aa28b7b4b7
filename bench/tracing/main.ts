/**
 * Measures what tracing costs: the processor time of an event in all apps without tracing, with 1 % of the traces, and with all.
 * `npm run bench -- tracing` writes bench/results/tracing.md.
 */
import path from 'node:path';
import { Command } from 'commander';
import { startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { measureRate } from '../pipeline/measure-rate';
import { inRounds, RunningPipeline } from '../pipeline/running-pipeline';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { startCollector } from './collector';
import { report, type TracingResult } from './report';

const options = new Command('npm run bench -- tracing')
  .description('Compares the processor time of an event with and without tracing')
  .option('--rate <count>', 'events per second in each of two pipelines', '250')
  .option('--seconds <count>', 'duration of each run', '20')
  .option('--runs <count>', 'runs of each setting, in turn', '5')
  .parse()
  .opts<{ rate: string; seconds: string; runs: string }>();

const customers = 10_000;
const apps = ['ingest', 'mapper', 'dispatcher', 'console'] as const;
const perSecond = Number(options.rate);
/** More rounds than a run has. */
const roundsOfRun = 1_000;
/** Share of the traces that are written. Undefined: tracing is off, which shows how much equal pipelines differ. */
const ratios = [undefined, 0.01, 1] as const;

void withTemporaryFolder(main);

async function main(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  await using collector = await startCollector();
  let started = 0;

  const startPipeline = (ratio: number | undefined): Promise<RunningPipeline> => {
    started += 1;
    const tracing = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: String(ratio),
    };
    return RunningPipeline.start({
      stack,
      format: 'revenuecat',
      database: path.join(folder, `read-model-${String(started)}.sqlite`),
      logFolder: folder,
      env: ratio === undefined ? {} : tracing,
      eventAt: inRounds(customers, roundsOfRun * started),
    });
  };

  /** Returns the processor time of an event in all apps, in µs. */
  const measure = async (pipeline: RunningPipeline): Promise<number> => {
    const measuredMs = 1_000 * Number(options.seconds);
    const { costs } = await measureRate(pipeline, { perSecond, warmUpMs: 10_000, measuredMs });
    return apps.reduce((sum, app) => sum + (costs[app]?.cpuMicros ?? NaN), 0);
  };

  const results: TracingResult[] = ratios.map((ratio) => ({ ratio, pairs: [], requests: 0 }));
  for (let run = 1; run <= Number(options.runs); run += 1) {
    for (const result of results) {
      const requestsBefore = collector.requests;
      const settings = run % 2 === 1 ? [undefined, result.ratio] : [result.ratio, undefined];
      const pipelines = await Promise.all(settings.map(startPipeline));
      try {
        const costs = await Promise.all(pipelines.map(measure));
        const [off = NaN, traced = NaN] = run % 2 === 1 ? costs : costs.toReversed();
        result.pairs.push({ off, traced });
        process.stdout.write(`${String(result.ratio ?? 'off')} ÷ off: ${(traced / off).toFixed(3)}\n`);
      } finally {
        await Promise.all(pipelines.map((pipeline) => pipeline.stop()));
      }
      result.requests += collector.requests - requestsBefore;
    }
  }
  await writeResults('tracing', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(results, { perSecond, seconds: Number(options.seconds) }),
    results,
  });
}
