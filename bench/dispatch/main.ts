import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type DeliveryFormat } from '@app/delivery';
import { deliveriesTopic } from '@app/kafka';
import { type SupervisedProcess, runSupervised } from '@tools/stack';
import { Command } from 'commander';
import { Redis } from 'ioredis';
import { root } from '../../tools/start/root';
import { startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { readCommit } from '../read-commit';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { bodiesOf, projectId, writeBacklog } from './backlog';
import { postAll } from './bare-client';
import { drain, type DrainOptions, measureRate } from './drain';
import { type Measurement, report } from './report';
import { type Sink, startSink } from './start-sink';

const options = new Command('bench dispatch')
  .option('--events <count>', 'size of the backlog', '200000')
  .option('--naive-events <count>', 'size of the backlog of the naive implementation, which is slow', '10000')
  .option('--runs <count>', 'number of alternating runs; the result is their median', '3')
  .option('--only <name>', 'repeat only measurements whose names contain this, and keep the others')
  .option('--against <folder>', 'checkout of another commit, whose dispatcher is measured in the same run')
  .parse()
  .opts<{ events: string; naiveEvents: string; runs: string; only?: string; against?: string }>();

const events = Number(options.events);
const naiveEvents = Number(options.naiveEvents);
const inFlight = 64;
const batch = 500;
/** Smaller, because at a latency of 100 ms any client drains format `revenuecat` slowly. */
const slowEvents = 20_000;
const slowNaiveEvents = 200;

/** All measured rates, from which the report is generated. */
const measurementsFile = path.join(root, 'bench/results/dispatch.json');

void withTemporaryFolder(main);

async function main(logFolder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const redis = new Redis(stack.redisUrl);
  undo.defer(() => {
    redis.disconnect();
  });

  const bare = async (sink: Sink, format: DeliveryFormat, count = events): Promise<number> => {
    const bodies = bodiesOf(format, count);
    await sink.counts();
    await postAll(bodies, { url: sink.url, format, inFlight, batch });
    return measureRate(sink, count);
  };

  const run = (name: string, args: string[], env: Record<string, string>): Promise<SupervisedProcess> =>
    runSupervised({
      command: process.execPath,
      args,
      cwd: root,
      env: { ...process.env, ...env },
      logFile: path.join(logFolder, `${name}.log`),
    });

  const ours = async (
    sink: Sink,
    format: DeliveryFormat,
    options: Pick<DrainOptions, 'copies' | 'partitions'> & { count?: number } = {},
  ): Promise<number> => {
    const { count = events, ...rest } = options;
    await redis.flushall();
    return (await drain({ stack, sink, format, events: count, logFolder, ...rest })).rate;
  };

  /** Measures a script of this folder with a separate backlog. */
  const measureScript = async (
    name: 'naive' | 'kafka-alone',
    sink: Sink,
    format: DeliveryFormat,
    count: number,
  ): Promise<number> => {
    const prefix = `bench-${randomBytes(4).toString('hex')}.`;
    const topics = await writeBacklog(stack.kafkaBrokers, prefix, format, count);
    await sink.counts();
    const one = await run(name, ['--import', 'tsx', `bench/dispatch/${name}.ts`], {
      KAFKA_BROKERS: stack.kafkaBrokers,
      REDIS_URL: stack.redisUrl,
      SINK_URL: sink.url,
      TOPIC: deliveriesTopic(topics, projectId),
      RECEIPTS: topics.receipts,
      GROUP: `${prefix}${name}`,
    });
    const rate = await measureRate(sink, count);
    await one.end('SIGTERM', 10_000);
    return rate;
  };

  /** Runs the benchmark of the other checkout. */
  const other = async (folder: string, name: string): Promise<number> => {
    const args = ['run', '-s', 'bench', '--', 'dispatch', '--runs', '1', '--only', name];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: folder });
    const line = stdout.split('\n').find((one) => one.startsWith(`${name}: `));
    if (line === undefined) throw new Error(`The benchmark in ${folder} has not measured ${name}.`);
    return Number.parseFloat(line.slice(name.length + 2));
  };

  const quick = await startSink(0);
  const slow = await startSink(100);
  undo.defer(() => {
    quick.stop();
    slow.stop();
  });

  const isWanted = (name: string): boolean => options.only === undefined || name.includes(options.only);
  const kept = options.only === undefined ? [] : await lastMeasurements();
  const measurements = kept.filter(({ name }) => !isWanted(name));
  const measure = async (name: string, work: () => Promise<number>): Promise<void> => {
    if (!isWanted(name)) return;
    const rate = await work();
    measurements.push({ name, rate });
    process.stdout.write(`${name}: ${rate.toFixed(0)} events/s\n`);
  };
  for (let i = 0; i < Number(options.runs); i++) {
    for (const format of ['log_event', 'revenuecat'] as const) {
      await measure(`${format} 0 ms: bare client`, () => bare(quick, format));
      await measure(`${format} 0 ms: dispatcher`, () => ours(quick, format));
      const { against } = options;
      if (against !== undefined)
        await measure(`${format} 0 ms: dispatcher of the other commit`, () =>
          other(against, `${format} 0 ms: dispatcher`),
        );
      await measure(`${format} 0 ms: dispatcher of one partition`, () =>
        ours(quick, format, { partitions: 1 }),
      );
      await measure(`${format} 0 ms: Kafka alone`, () => measureScript('kafka-alone', quick, format, events));
      await measure(`${format} 0 ms: naive implementation`, () =>
        measureScript('naive', quick, format, naiveEvents),
      );
    }
    await measure('log_event 100 ms: bare client', () => bare(slow, 'log_event'));
    await measure('log_event 100 ms: dispatcher', () => ours(slow, 'log_event'));
    await measure('revenuecat 100 ms: bare client', () => bare(slow, 'revenuecat', slowEvents));
    await measure('revenuecat 100 ms: dispatcher', () =>
      ours(slow, 'revenuecat', { copies: 1, count: slowEvents }),
    );
    await measure('revenuecat 100 ms: naive implementation', () =>
      measureScript('naive', slow, 'revenuecat', slowNaiveEvents),
    );
    await measure('revenuecat 100 ms: 4 dispatchers', () =>
      ours(slow, 'revenuecat', { copies: 4, count: 4 * slowEvents }),
    );
  }
  const ledger = await ledgerBytes(redis);
  await writeResults('dispatch', {
    environment: await describeEnvironment(stack.redisUrl),
    report: report(measurements, {
      events,
      naiveEvents,
      inFlight,
      batch,
      latencyMs: 100,
      ledger,
      otherCommit: options.against === undefined ? undefined : await readCommit(options.against),
    }),
    results: measurements,
  });
}

async function lastMeasurements(): Promise<Measurement[]> {
  return (JSON.parse(await readFile(measurementsFile, 'utf8')) as { results: Measurement[] }).results;
}

/** Redis memory per delivered event id, in bytes, measured at 200,000 ids and including all overhead. */
async function ledgerBytes(redis: Redis): Promise<number> {
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.flushall();
  const before = await used();
  const ids = 200_000;
  for (let at = 0; at < ids; at += 1_000) {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 1_000; i++) {
      const id = `${randomBytes(4).toString('hex')}-${randomBytes(2).toString('hex')}-4000-8000-${randomBytes(6).toString('hex')}`;
      pipeline.set(`ledger:default:${id.toUpperCase()}`, '1', 'PX', 2_592_000_000);
    }
    await pipeline.exec();
  }
  return ((await used()) - before) / ids;
}
