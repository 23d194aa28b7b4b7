/**
 * Measures whether the cost of an event grows with the number of known customers and event ids.
 * `npm run bench -- growth` writes bench/results/growth.md.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { connectRedis, type RedisClient } from '@app/platform';
import { runCommand, type Stack, until } from '@tools/stack';
import { Command } from 'commander';
import { root } from '../../tools/start/root';
import { silentLogger, startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { measureRate, type RateResult } from '../pipeline/measure-rate';
import { RunningPipeline } from '../pipeline/running-pipeline';
import { quantilesOf } from '../quantile';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { KnownCustomers } from './known-customers';
import { type GrowthResult, report } from './report';
import { knownCustomerAt } from './sample-customers';

const options = new Command('npm run bench -- growth')
  .description('Measures the cost of an event with different numbers of known customers and event ids')
  .option(
    '--known <counts>',
    'numbers of known customers, comma-separated and ascending',
    '10000,1000000,3000000',
  )
  .option('--rate <rate>', 'webhooks per second', '500')
  .option('--seconds <count>', 'duration of the measurement of each size', '30')
  .parse()
  .opts<{ known: string; rate: string; seconds: string }>();

const sizes = options.known.split(',').map(Number);
const largest = sizes.at(-1) ?? 0;
const perSecond = Number(options.rate);
const measuredMs = 1_000 * Number(options.seconds);
/** The processes are new for each size, so they need a long warm-up. */
const warmUpMs = Math.min(20_000, measuredMs);
const batchSize = 100;
const batches = 500;
/** Rounds of events for each size, so that no event id of an earlier one is used again. */
const roundsOfSize = 1_000;
const fillTimeoutMs = 3_600_000;
/** Default of CONSOLE_KEEP_EVENTS: from then on, the console removes as many events as arrive. */
const keptEvents = 2_000_000;

void withTemporaryFolder(main);

async function main(folder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const redis = connectRedis({ REDIS_URL: [stack.redisUrl] }, silentLogger);
  undo.defer(() => {
    redis.disconnect();
  });
  await redis.flushall();
  const emptyBytes = await usedBytes(redis);
  const customers = new KnownCustomers(redis);
  undo.defer(() => customers.close());
  const database = path.join(folder, 'read-model.sqlite');
  const endMs = Date.now();

  const results: GrowthResult[] = [];
  let before = 0;
  for (const [i, known] of sizes.entries()) {
    const startMs = performance.now();
    await Promise.all([
      fillRedis(redis, customers, before, known),
      fillReadModel(database, { from: before, to: known, endMs }),
    ]);
    before = known;
    process.stdout.write(
      `${String(known)} known after ${((performance.now() - startMs) / 1_000).toFixed(0)} s\n`,
    );
    const round = 1 + i * roundsOfSize;
    const redisBytes = (await usedBytes(redis)) - emptyBytes;
    const profileStepMs = quantilesOf(await timeProfileStep(customers, known, round));
    const load = await measureLoad(stack, folder, database, { known, firstRound: round + 1 });
    const readModelBytes = (await stat(database)).size;
    results.push({ known, redisBytes, readModelBytes, profileStepMs, load });
    process.stdout.write(`${JSON.stringify(results.at(-1))}\n`);
  }
  await writeResults('growth', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(results, { perSecond, seconds: measuredMs / 1_000, batchSize, batches }),
    results,
  });
}

async function usedBytes(redis: RedisClient): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

/** Without the append-only file, which Redis would rewrite again and again; it is on again afterwards. */
async function fillRedis(
  redis: RedisClient,
  customers: KnownCustomers,
  from: number,
  to: number,
): Promise<void> {
  await redis.call('CONFIG', 'SET', 'appendonly', 'no');
  await customers.add(from, to);
  await redis.call('CONFIG', 'SET', 'appendonly', 'yes');
  await until(
    async () => {
      const persistence = await redis.info('persistence');
      if (!persistence.includes('aof_rewrite_in_progress:0')) throw new Error('Redis is writing its file.');
      if (!persistence.includes('aof_rewrite_scheduled:0')) throw new Error('Redis will write its file.');
    },
    { timeoutMs: fillTimeoutMs, intervalMs: 250 },
  );
}

async function fillReadModel(
  database: string,
  { from, to, endMs }: { from: number; to: number; endMs: number },
): Promise<void> {
  const script = ['--import', 'tsx', 'bench/growth/fill-read-model.ts'];
  const [first, last, total] = [from, to, largest].map((count) => Math.min(count, keptEvents));
  await runCommand(process.execPath, [...script, database, ...[first, last, total, endMs].map(String)], {
    cwd: root,
    timeoutMs: fillTimeoutMs,
  });
}

function timeProfileStep(customers: KnownCustomers, known: number, round: number): Promise<number[]> {
  const all = Array.from({ length: batches }, (_, batch) =>
    Array.from(
      { length: batchSize },
      (_, i) => knownCustomerAt(batch * batchSize + i, known, round).customer,
    ),
  );
  return customers.timeProfileStep(all, round);
}

async function measureLoad(
  stack: Stack,
  logFolder: string,
  database: string,
  { known, firstRound }: { known: number; firstRound: number },
): Promise<RateResult> {
  const pipeline = await RunningPipeline.start({
    stack,
    format: 'revenuecat',
    database,
    logFolder,
    eventAt: (n) => knownCustomerAt(n, known, firstRound),
  });
  try {
    return await measureRate(pipeline, { perSecond, warmUpMs, measuredMs });
  } finally {
    await pipeline.stop();
  }
}
