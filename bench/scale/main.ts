/**
 * Measures how fast 1, 2, 4 and 8 dispatchers drain a backlog while Statsig responds after 100 ms.
 * `npm run bench -- scale` writes bench/results/scale.md.
 */
import { type DeliveryFormat } from '@app/delivery';
import { Command, Option } from 'commander';
import { Redis } from 'ioredis';
import { startBenchStack } from '../bench-stack';
import { drain } from '../dispatch/drain';
import { startSink } from '../dispatch/start-sink';
import { describeEnvironment } from '../environment';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { report, type ScaleResult } from './report';

const options = new Command('npm run bench -- scale')
  .description('Drains a backlog with different numbers of dispatchers while Statsig responds slowly')
  .option('--dispatchers <counts>', 'numbers of dispatchers, comma-separated', '1,2,4,8')
  .option('--events <count>', 'size of the backlog for each dispatcher', '10000')
  .option('--latency <ms>', 'time after which Statsig responds', '100')
  .option(
    '--partitions <count>',
    'partitions of the topic; a multiple of the largest number of dispatchers',
    '24',
  )
  .addOption(
    new Option('--format <format>', 'format of the requests')
      .choices(['revenuecat', 'log_event'])
      .default('revenuecat'),
  )
  .parse()
  .opts<{
    dispatchers: string;
    events: string;
    latency: string;
    partitions: string;
    format: DeliveryFormat;
  }>();

const eventsPerDispatcher = Number(options.events);
const partitions = Number(options.partitions);
const latencyMs = Number(options.latency);
const { format } = options;

void withTemporaryFolder(main);

async function main(logFolder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const redis = new Redis(stack.redisUrl);
  undo.defer(() => {
    redis.disconnect();
  });
  const sink = await startSink(latencyMs);
  undo.defer(sink.stop);

  const results: ScaleResult[] = [];
  for (const dispatchers of options.dispatchers.split(',').map(Number)) {
    await redis.flushall();
    const events = dispatchers * eventsPerDispatcher;
    const result = await drain({ stack, sink, format, events, logFolder, copies: dispatchers, partitions });
    results.push({ dispatchers, ...result });
    process.stdout.write(`${String(dispatchers)} dispatchers: ${result.rate.toFixed(0)} events/s\n`);
  }
  await writeResults('scale', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(results, { latencyMs, eventsPerDispatcher, partitions, format }),
    results,
  });
}
