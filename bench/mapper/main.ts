/**
 * Measures the mapper's cost per event as the number of known customers grows, with a real Redis and without Kafka.
 * `npm run bench -- mapper [profiles…]` writes bench/results/mapper.md.
 */
import { CustomerLookup, ProfileStore, RevenueCatApi } from '@app/identity';
import { type Integration, type IntegrationInput, integrationSchema } from '@app/integrations';
import { type ConsumedBatch, topicNames } from '@app/kafka';
import { connectRedis, createLogger } from '@app/platform';
import { startRedis } from '@tools/stack';
import { Command } from 'commander';
import { mapBatch, type MapperPorts } from '../../apps/mapper/src/mapper.stage';
import { describeEnvironment } from '../environment';
import { writeResults } from '../write-results';
import { batchOf } from './customers';
import { type Measurement, report } from './report';

const program = new Command('npm run bench -- mapper')
  .description('Measures the cost of an event in the mapper alone, with a real Redis and without Kafka')
  .argument('[profiles...]', 'numbers of known customers, ascending', ['10000', '100000', '1000000'])
  .parse();

const sizes = program.processedArgs.flat().map(Number);
const batchSize = 500;
const measuredEvents = 40_000;
const day = 86_400_000;

/** Integrations to compare. Only the first one is measured with every number of customers. */
const variants: { name: string; settings: Partial<IntegrationInput>; sizes: readonly number[] }[] = [
  { name: 'format revenuecat', settings: {}, sizes },
  { name: 'format log_event', settings: { format: 'log_event' }, sizes: sizes.slice(0, 1) },
  {
    name: 'log_event with all user properties',
    settings: {
      format: 'log_event',
      userProperties: ['status', 'entitlements', 'product', 'store', 'experiments'],
    },
    sizes: sizes.slice(0, 1),
  },
];

async function main(): Promise<void> {
  // Without persistence, whose cost does not depend on the number of profiles.
  const server = await startRedis({ settings: ['--appendonly', 'no'] });
  const logger = createLogger('bench', 'warn');
  const redis = connectRedis({ REDIS_URL: [server.url] }, logger);
  const api = new RevenueCatApi('http://127.0.0.1:1');
  let bytesOut = 0;
  const portsFor = (integration: Integration): MapperPorts => ({
    profiles: new ProfileStore(redis, { ttlMs: 400 * day }),
    lookup: new CustomerLookup(redis, api, { timeoutMs: 1, absentMs: 1 }, logger),
    integrations: {
      find: () => ({ kind: 'ready', integration }),
      whenAny: () => Promise.resolve(true),
      refresh: () => Promise.resolve(),
    },
    reporter: { report: () => undefined },
    deferred: { writes: 0, written: () => undefined, defer: () => false },
    producer: {
      send: (records) => {
        for (const { value } of records) bytesOut += value?.length ?? 0;
        return Promise.resolve();
      },
    },
    topics: topicNames(),
    maxRecordBytes: 10 * 1024 * 1024,
    logger,
    defaultProjectId: 'default',
    nowMs: Date.now,
  });
  const memory = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const redisSeconds = async (): Promise<number> => {
    const used = [...(await redis.info('cpu')).matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)];
    return used.reduce((sum, [, seconds]) => sum + Number(seconds), 0);
  };
  /** Measures with more and more customers, beginning with none. */
  async function measure({ name, settings, sizes: wanted }: (typeof variants)[number]): Promise<void> {
    const ports = portsFor(
      integrationSchema.parse({ projectId: 'default', serverSecret: 'secret', ...settings }),
    );
    await redis.flushall();
    const empty = await memory();
    let known = 2_000;
    await mapNewCustomers(ports, 0, known);
    for (const profiles of wanted) {
      const startMs = performance.now();
      await mapNewCustomers(ports, known, profiles - known);
      const newEventsPerSecond = (profiles - known) / ((performance.now() - startMs) / 1_000);
      known = profiles;
      const bytesPerProfile = ((await memory()) - empty) / profiles;
      // Sampled from the whole range, so that caches of Redis or the processor do not favor the smaller sizes.
      const stride = Math.max(1, Math.floor(profiles / measuredEvents));
      const sampled = Array.from({ length: measuredEvents }, (_, i) => (i * stride * 7_919) % profiles);
      const batches = batchesOf(sampled, 1);
      bytesOut = 0;
      const cpu = process.cpuUsage();
      const redisBefore = await redisSeconds();
      const measuring = performance.now();
      for (const batch of batches) await mapBatch(batch, ports);
      const seconds = (performance.now() - measuring) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      results.push({
        variant: name,
        profiles,
        newEventsPerSecond,
        eventsPerSecond: measuredEvents / seconds,
        mapperMicros: (user + system) / measuredEvents,
        redisMicros: (1e6 * ((await redisSeconds()) - redisBefore)) / measuredEvents,
        bytesPerProfile,
        deliveryBytes: bytesOut / measuredEvents,
      });
      process.stdout.write(`${JSON.stringify(results.at(-1))}\n`);
    }
  }
  const results: Measurement[] = [];
  for (const variant of variants) await measure(variant);
  await writeResults('mapper', {
    environment: await describeEnvironment(server.url),
    report: report(results, batchSize, measuredEvents),
    results,
  });
  await api.close();
  redis.disconnect();
  await server.stop();
}

/** Maps one event for each of `count` new customers. */
async function mapNewCustomers(ports: MapperPorts, from: number, count: number): Promise<void> {
  for (let at = from; at < from + count; at += batchSize) {
    const size = Math.min(batchSize, from + count - at);
    await mapBatch(
      batchOf(
        Array.from({ length: size }, (_, i) => at + i),
        0,
      ),
      ports,
    );
  }
}

function batchesOf(customers: readonly number[], round: number): ConsumedBatch[] {
  return Array.from({ length: Math.ceil(customers.length / batchSize) }, (_, i) =>
    batchOf(customers.slice(i * batchSize, (i + 1) * batchSize), round),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
