import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type IntegrationInput, IntegrationStore, SecretBox } from '@app/integrations';
import {
  deliveriesTopicSpec,
  ensureTopics,
  headerNames,
  RecordProducer,
  topicConfig,
  topicNames,
  topicSpecs,
} from '@app/kafka';
import { connectRedis, readConfig } from '@app/platform';
import { until } from '@tools/stack';
import { Command } from 'commander';
import getPort from 'get-port';
import { z } from 'zod';
import { root } from '../../tools/start/root';
import { connectBenchKafka, silentLogger, startBenchStack } from '../bench-stack';
import { startSink } from '../dispatch/start-sink';
import { describeEnvironment } from '../environment';
import { renewal } from '../renewals';
import { type LimitedProcess, runLimited } from './limited-process';
import { median } from '../quantile';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';

const options = new Command('bench memory')
  .description(
    'Drains a backlog while the console reads it, each app under a memory limit, and reports their memory usage',
  )
  .option('--events <count>', 'size of the backlog', '1000000')
  .option('--limit <MiB>', 'memory limit of each process', '256')
  .option('--projects <counts>', 'projects, comma-separated; all but one are rejected by Statsig', '1,20')
  .parse()
  .opts<{ events: string; limit: string; projects: string }>();

const events = Number(options.events);
const limitBytes = Number(options.limit) * 1024 * 1024;
const customers = 50_000;
const recordsAtOnce = 5_000;
const sampleMs = 1_000;

/** The heap options of the Dockerfile. */
const heapOptions = ['--max-old-space-size-percentage=40', '--max-semi-space-size=8'];

/** ingest has no part in a backlog. */
const apps = ['mapper', 'dispatcher', 'console'] as const;
type App = (typeof apps)[number];

interface Result {
  projects: number;
  seconds: number;
  usages: Record<App, Usage>;
}

interface Usage {
  peakMiB: number;
  /** Median of the last third of the run ÷ median of the middle third. */
  growth: number;
  wasKilled: boolean;
}

void withTemporaryFolder(main);

async function main(logFolder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const results: Result[] = [];
  for (const projects of options.projects.split(',').map(Number)) {
    const result = await drain(projects, stack, logFolder);
    results.push(result);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  const environment = await describeEnvironment(stack.redisUrl);
  await writeResults('memory', { environment, report: report(results), results });
}

/** The events of project 0 are accepted; Statsig rejects the secrets of all others. */
async function drain(
  projects: number,
  stack: { kafkaBrokers: string; redisUrl: string },
  logFolder: string,
): Promise<Result> {
  await using undo = new AsyncDisposableStack();
  const prefix = `bench-${randomBytes(4).toString('hex')}.`;
  const key = randomBytes(32);
  const redis = connectRedis({ REDIS_URL: [stack.redisUrl] }, silentLogger);
  undo.defer(() => {
    redis.disconnect();
  });
  await redis.flushall();
  const store = new IntegrationStore(redis, new SecretBox([key]));
  const projectId = (n: number): string => `bench-${String(n)}`;
  for (let n = 0; n < projects; n++) {
    const input: IntegrationInput = {
      projectId: projectId(n),
      serverSecret: n === 0 ? 'secret' : 'revoked',
      format: 'log_event',
    };
    await store.save(input);
  }
  const served = await writeBacklog(stack.kafkaBrokers, prefix, projects, projectId);
  const sink = await startSink(0);
  undo.defer(sink.stop);
  await sink.counts();

  const start = async (app: App): Promise<LimitedProcess> => {
    const limited = await runLimited(app, limitBytes, {
      args: [...heapOptions, `dist/apps/${app}/src/main.js`],
      cwd: root,
      logFile: path.join(logFolder, `${app}.log`),
      env: {
        ...process.env,
        KAFKA_BROKERS: stack.kafkaBrokers,
        REDIS_URL: stack.redisUrl,
        KAFKA_TOPIC_PREFIX: prefix,
        SETTINGS_ENCRYPTION_KEY: key.toString('base64'),
        STATSIG_BASE_URL: sink.url,
        STATSIG_EVENTS_URL: sink.url,
        CONSOLE_DATABASE: path.join(logFolder, `${prefix}sqlite`),
        [`${app.toUpperCase()}_PORT`]: String(await getPort()),
        LOG_LEVEL: 'warn',
      },
    });
    undo.defer(async () => {
      await limited.end('SIGTERM', 30_000);
      await limited.remove();
    });
    return limited;
  };
  const processes = await Promise.all(apps.map(start));
  const startMs = performance.now();
  const samples: number[][] = [];
  let delivered = 0;
  await until(
    async () => {
      samples.push(await Promise.all(processes.map((limited) => limited.residentBytes())));
      delivered += (await sink.counts()).events;
      const hasEnded = processes.some((limited) => limited.hasEnded());
      if (delivered < served && !hasEnded)
        throw new Error(`${String(delivered)} of ${String(served)} delivered`);
    },
    { timeoutMs: 1_800_000, intervalMs: sampleMs },
  );
  const usages = apps.map((app, i): [App, Usage] => {
    const used = samples.map((sample) => sample[i] ?? 0).filter((bytes) => bytes > 0);
    const third = Math.floor(used.length / 3);
    return [
      app,
      {
        peakMiB: Math.round(Math.max(...used) / 1024 / 1024),
        growth: median(used.slice(-third)) / median(used.slice(third, 2 * third)),
        wasKilled: processes[i]?.hasEnded() === true,
      },
    ];
  });
  return {
    projects,
    seconds: Math.round((performance.now() - startMs) / 1_000),
    usages: Object.fromEntries(usages) as Record<App, Usage>,
  };
}

/** Returns the number of events of the project that Statsig accepts. */
async function writeBacklog(
  kafkaBrokers: string,
  prefix: string,
  projects: number,
  projectId: (n: number) => string,
): Promise<number> {
  const kafka = connectBenchKafka(kafkaBrokers);
  const names = topicNames(prefix);
  const config = readConfig(z.object(topicConfig), {});
  await ensureTopics(kafka, [
    ...topicSpecs(names, config),
    ...Array.from({ length: projects }, (_, n) => deliveriesTopicSpec(names, config, projectId(n), 12)),
  ]);
  const producer = new RecordProducer(kafka, silentLogger);
  await producer.connect();
  let served = 0;
  for (let from = 0; from < events; from += recordsAtOnce) {
    const records = Array.from({ length: Math.min(recordsAtOnce, events - from) }, (_, i) => {
      const n = from + i;
      const project = n % projects;
      if (project === 0) served += 1;
      const { key, value, headers } = renewal(n % customers, Math.floor(n / customers), n);
      return {
        topic: names.events,
        key,
        value,
        headers: { ...headers, [headerNames.projectId]: projectId(project) },
      };
    });
    await producer.send(records);
  }
  await producer.disconnect();
  return served;
}

function report(results: readonly Result[]): string {
  const row = ({ projects, seconds, usages }: Result): string[] =>
    apps.map((app) => {
      const { peakMiB, growth, wasKilled } = usages[app];
      const name =
        projects === 1 ? '1' : `${String(projects)}, of which ${String(projects - 1)} are suspended`;
      return `| ${name} | ${app} | ${String(peakMiB)} MiB | ${growth.toFixed(2)} | ${wasKilled ? 'yes' : 'no'} | ${String(seconds)} s |`;
    });
  return [
    '# Memory while draining a backlog',
    '',
    `Mapper and dispatcher drain a backlog of ${String(events)} events while the console reads it, each limited to ${options.limit} MiB by the kernel.`,
    '',
    '| projects | app | peak resident memory | last third ÷ middle third | killed | time |',
    '| --- | --- | --- | --- | --- | --- |',
    ...results.flatMap(row),
    '',
  ].join('\n');
}
