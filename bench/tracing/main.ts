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
  .option('--rate <count>', 'events per second', '500')
  .option('--seconds <count>', 'duration of each run', '15')
  .option('--runs <count>', 'runs of each setting, in turn', '5')
  .parse()
  .opts<{ rate: string; seconds: string; runs: string }>();

const customers = 10_000;
const apps = ['ingest', 'mapper', 'dispatcher', 'console'] as const;
const perSecond = Number(options.rate);
/** More rounds than a run has. */
const roundsOfRun = 1_000;
/** Share of the traces that are written; undefined: tracing is off. */
const ratios = [undefined, 0.01, 1] as const;

void withTemporaryFolder(main);

async function main(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  await using collector = await startCollector();
  const results: TracingResult[] = ratios.map((ratio) => ({ ratio, cpuMicros: [], requests: 0 }));
  let pipelines = 0;
  for (let run = 1; run <= Number(options.runs); run += 1) {
    // In turns of alternating order, so that what changes over time has the same effect on all settings.
    for (const result of run % 2 === 1 ? results : results.toReversed()) {
      const { ratio } = result;
      const requestsBefore = collector.requests;
      pipelines += 1;
      const pipeline = await RunningPipeline.start({
        stack,
        format: 'revenuecat',
        database: path.join(folder, 'read-model.sqlite'),
        logFolder: folder,
        env:
          ratio === undefined
            ? {}
            : {
                OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
                OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
                OTEL_TRACES_SAMPLER_ARG: String(ratio),
              },
        eventAt: inRounds(customers, roundsOfRun * pipelines),
      });
      try {
        const { costs } = await measureRate(pipeline, {
          perSecond,
          warmUpMs: 12_000,
          measuredMs: 1_000 * Number(options.seconds),
        });
        result.cpuMicros.push(apps.reduce((sum, app) => sum + (costs[app]?.cpuMicros ?? NaN), 0));
      } finally {
        await pipeline.stop();
      }
      result.requests += collector.requests - requestsBefore;
      process.stdout.write(`${String(ratio ?? 'off')}: ${String(result.cpuMicros.at(-1)?.toFixed(0))} µs\n`);
    }
  }
  await writeResults('tracing', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(results, { perSecond, seconds: Number(options.seconds) }),
    results,
  });
}
