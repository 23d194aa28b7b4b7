/**
 * Measures how many webhooks per second ingest accepts and writes to Kafka, compared with a bare Fastify route.
 * `npm run bench -- ingest` writes bench/results/ingest.md.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readTopic, topicNames } from '@app/kafka';
import { runSupervised, until } from '@tools/stack';
import { Command } from 'commander';
import getPort from 'get-port';
import { root } from '../../tools/start/root';
import { connectBenchKafka, startBenchStack } from '../bench-stack';
import { describeEnvironment } from '../environment';
import { renewal } from '../renewals';
import { withTemporaryFolder } from '../temporary-folder';
import { writeResults } from '../write-results';
import { load, type LoadResult } from './load';
import { report, type Run } from './report';

const options = new Command('bench ingest')
  .option('--runs <count>', 'number of alternating runs; the result is their median', '5')
  .option('--seconds <count>', 'duration of a run', '10')
  .option('--connections <count>', 'number of connections, each with one request at a time', '64')
  .parse()
  .opts<{ runs: string; seconds: string; connections: string }>();

const connections = Number(options.connections);
const runs = Number(options.runs);
const durationMs = 1_000 * Number(options.seconds);
const warmUpMs = 15_000;
const authorization = 'Bearer benchmark-of-the-webhook-endpoint';

void withTemporaryFolder(main);

async function main(logFolder: string): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const stack = await startBenchStack(undo);
  const prefix = `bench-${randomBytes(4).toString('hex')}.`;

  /** @param operationsPort by default the port of the server */
  const start = async (
    name: string,
    args: string[],
    port: number,
    env: NodeJS.ProcessEnv = {},
    operationsPort = port,
  ) => {
    const server = await runSupervised({
      command: process.execPath,
      args,
      cwd: root,
      env: { ...process.env, ...env },
      logFile: path.join(logFolder, `${name}.log`),
    });
    undo.defer(() => server.end('SIGTERM'));
    const url = `http://127.0.0.1:${port}`;
    await until(() => ready(url), { timeoutMs: 60_000 });
    return { name, url, metricsUrl: `http://127.0.0.1:${operationsPort}/metrics` };
  };
  const [ingestPort, operationsPort, barePort, minimumPort] = await Promise.all([
    getPort(),
    getPort(),
    getPort(),
    getPort(),
  ]);
  const ingestEnv = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    REDIS_URL: stack.redisUrl,
    KAFKA_TOPIC_PREFIX: prefix,
    WEBHOOK_AUTHORIZATION: authorization,
    INGEST_PORT: String(ingestPort),
    OPERATIONS_PORT: String(operationsPort),
    LOG_LEVEL: 'warn',
  };
  const ingest = await start(
    'ingest',
    ['dist/apps/ingest/src/main.js'],
    ingestPort,
    ingestEnv,
    operationsPort,
  );
  const route = (...args: string[]): string[] => ['--import', 'tsx', 'bench/ingest/bare.ts', ...args];
  const bare = await start('bare', route(String(barePort)), barePort);
  const { events } = topicNames(prefix);
  const minimum = await start('bare and Kafka', route(String(minimumPort), events), minimumPort, {
    KAFKA_BROKERS: stack.kafkaBrokers,
  });
  const servers = [ingest, bare, minimum];

  const bodies = Array.from({ length: 500 }, (_, n) => renewal(n, 0, n).value ?? Buffer.alloc(0));
  const results: Run[] = [];
  const accepted: LoadResult[] = [];
  // ingest creates the topic.
  for (const { url, name } of servers) {
    const warmedUp = await load(bodies, { url, authorization, connections, durationMs: warmUpMs });
    if (name !== 'bare') accepted.push(warmedUp);
  }
  for (let i = 0; i < runs; i++) {
    for (const { name, url, metricsUrl } of servers) {
      const before = await processorSeconds(metricsUrl);
      const result = await load(bodies, { url, authorization, connections, durationMs });
      const microseconds = (1e6 * ((await processorSeconds(metricsUrl)) - before)) / result.requests;
      if (name !== 'bare') accepted.push(result);
      results.push({ ...result, name, microseconds });
      process.stdout.write(`${name}: ${result.requestsPerSecond.toFixed(0)}/s, p99 ${result.p99Ms.toFixed(1)} ms, ${microseconds.toFixed(0)} µs\n`); // prettier-ignore
    }
  }
  const expected = accepted.reduce((sum, { requests }) => sum + requests, 0);
  // A new Kafka may reject its first group for some seconds.
  const written = await until(() => recordsIn(stack.kafkaBrokers, events), {
    timeoutMs: 60_000,
    intervalMs: 1_000,
  });
  if (written < expected) throw new Error(`${expected} webhooks were accepted, but ${written} are in Kafka.`);
  const circumstances = {
    connections,
    seconds: durationMs / 1_000,
    bodyBytes: bodies[0]?.length ?? 0,
    written,
  };
  const environment = await describeEnvironment(stack.redisUrl);
  await writeResults('ingest', { environment, report: report(results, circumstances), results });
}

async function ready(url: string): Promise<void> {
  const response = await fetch(`${url}/health/ready`);
  if (!response.ok) throw new Error(`${url} is not ready.`);
}

async function processorSeconds(metricsUrl: string): Promise<number> {
  const metrics = await (await fetch(metricsUrl)).text();
  const [, seconds] = /^process_cpu_seconds_total (\S+)/m.exec(metrics) ?? [];
  if (seconds === undefined) throw new Error(`${metricsUrl} has no processor time.`);
  return Number(seconds);
}

async function recordsIn(kafkaBrokers: string, topic: string): Promise<number> {
  const kafka = connectBenchKafka(kafkaBrokers);
  let records = 0;
  await readTopic(kafka, topic, {}, () => {
    records += 1;
  });
  return records;
}
