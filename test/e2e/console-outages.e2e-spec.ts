import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordProducer } from '@app/kafka';
import { type Problem } from '@app/platform';
import { type KafkaCluster, type LocalRedis, startKafkaCluster, startRedis, until } from '@tools/stack';
import { silentLogger, type ScratchTopics, scratchTopics } from '@app/testing';
import { runCli } from '../../tools/cli/test/run-cli';
import { RunningConsole, token } from '../../apps/console/test/running-console';
import { sampleRecordsRead, writeSampleRecords } from '../../apps/console/test/sample-records';

const limitMs = 3_000;
const key = Buffer.alloc(32, 7).toString('base64');
const secret = 'secret-0123456789abcdef';

/** Every read request of the pages. */
const reads = [
  'overview',
  'integrations',
  'setup',
  'events',
  'events?outcomes=delivered',
  'events/facets',
  'event?project=default&id=good-3',
  'customers?query=user',
  'customer?project=default&id=user-3',
  'customer/events?project=default&id=user-3',
  'dead-letter-groups',
  'dead-letters?source=deliveries&stage=dispatcher&reason=statsig_400',
  'dead-letters/1',
  'redrives',
  'audit',
  'audit/facets',
  'session',
];
/** Data that is only in Redis. */
const needsRedis = ['integrations'];
const nothingKnown = ['mapper', 'dispatcher', 'console'].map((stage) => ({ stage, records: null }));

describe('the console without Redis or Kafka', () => {
  let cluster: KafkaCluster;
  let redis: LocalRedis;
  let topics: ScratchTopics;
  let producer: RecordProducer;
  let one: RunningConsole;
  let env: Record<string, string>;
  let folder: string;
  /** Duration of a command that uses neither Redis nor Kafka. */
  let startMs: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outages-'));
    [cluster, redis] = await Promise.all([startKafkaCluster(), startRedis()]);
    topics = await scratchTopicsOn(cluster.brokers);
    producer = new RecordProducer(topics.kafka, silentLogger);
    await producer.connect();
    await writeSampleRecords(producer, topics.names);
    env = {
      KAFKA_BROKERS: cluster.brokers,
      REDIS_URL: redis.url,
      KAFKA_TOPIC_PREFIX: topics.prefix,
      SETTINGS_ENCRYPTION_KEY: key,
      CONSOLE_DATABASE: join(folder, 'read-model.sqlite'),
    };
    one = await RunningConsole.start(topics.prefix, env);
    await sampleRecordsRead(one);
    expect((await one.do('integrations', { projectId: 'shop', serverSecret: secret })).status).toBe(201);
    env = { ...env, CONSOLE_URL: one.url, CONSOLE_TOKEN: token };
    // The first call may build the CLI.
    await runCli(['--help']);
    startMs = (await timed(runCli(['--help']))).ms;
  }, 180_000);

  afterAll(async () => {
    redis.thaw();
    cluster.nodes[0]?.thaw();
    await one.stop();
    await producer.disconnect();
    await Promise.all([cluster.stop(), redis.stop()]);
    rmSync(folder, { recursive: true });
  }, 120_000);

  async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
    const begunMs = performance.now();
    const result = await work;
    return { result, ms: performance.now() - begunMs };
  }

  async function readAll(allowed503: readonly string[]): Promise<Record<string, Record<string, unknown>>> {
    const bodies = reads.map(async (path): Promise<[string, Record<string, unknown>]> => {
      const { result, ms } = await timed(one.get(path));
      const body = (await result.json()) as Record<string, unknown>;
      const expected = allowed503.includes(path) ? 503 : 200;
      expect({ path, status: result.status, inTime: ms < limitMs }).toEqual({
        path,
        status: expected,
        inTime: true,
      });
      return [path, body];
    });
    return Object.fromEntries(await Promise.all(bodies));
  }

  async function rejectsChanges(paths: readonly [string, unknown][], service: string): Promise<void> {
    const rejected = paths.map(async ([path, body]) => {
      const { result, ms } = await timed(one.do(path, body));
      const { detail } = (await result.json()) as Problem;
      expect({ path, status: result.status, inTime: ms < 2 * limitMs }).toEqual({
        path,
        status: 503,
        inTime: true,
      });
      expect(detail).toContain(service);
    });
    await Promise.all(rejected);
  }

  async function cliFails(commands: readonly (readonly [string[], RegExp])[]): Promise<void> {
    const failed = commands.map(async ([args, said]) => {
      const { result, ms } = await timed(runCli(args, { env, input: secret }));
      expect({ args, code: result.code, stdout: result.stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(result.stderr).toMatch(said);
      // Most of the time is the start of the processes, which share the machine.
      expect(ms).toBeLessThan(10_000 + (commands.length + 1) * startMs);
    });
    await Promise.all(failed);
  }

  const untilReady = (isReady: boolean, timeoutMs: number): Promise<void> =>
    until(
      async () => {
        expect((await fetch(`${one.url}/health/ready`)).status).toBe(isReady ? 200 : 503);
      },
      { timeoutMs },
    );

  it.each(['frozen', 'killed'] as const)(
    'shows what it has read from Kafka while Redis is %s, and reports what is unavailable',
    async (how) => {
      if (how === 'frozen') redis.freeze();
      else await redis.kill();
      const bodies = await readAll(needsRedis);
      expect(bodies['overview']).toMatchObject({
        integrations: null,
        rejectedWebhooks: null,
        openDeadLetters: 20,
      });
      expect(bodies['integrations']).toMatchObject({ detail: expect.stringContaining('Redis') as unknown });
      expect(bodies['customer?project=default&id=user-3']).toMatchObject({
        events: 2,
        isProfileKnown: false,
      });
      await untilReady(false, 10_000);
      await rejectsChanges(
        [
          ['integrations/shop/pause', {}],
          ['integrations', { projectId: 'other', serverSecret: secret }],
          ['integrations/shop/webhook/authorization', {}],
          ['integrations/reseal', {}],
        ],
        'Redis',
      );
      await cliFails([
        [['integrations', 'list'], /Redis/],
        [['forget', 'user-3'], /Redis (cannot be reached|does not respond)/],
        [['topics'], /Redis (cannot be reached|does not respond)/],
      ]);

      if (how === 'frozen') redis.thaw();
      else await redis.restart();
      await untilReady(true, 20_000);
      // A rejected change must not take effect later.
      const shown = (await (await one.get('integrations')).json()) as {
        projectId: string;
        enabled: boolean;
      }[];
      expect(shown).toMatchObject([{ projectId: 'shop', enabled: true }]);
    },
    180_000,
  );

  it.each(['frozen', 'killed'] as const)(
    'shows what it has read from Kafka while Kafka is %s, and changes nothing',
    async (how) => {
      const [node] = cluster.nodes;
      if (how === 'frozen') node?.freeze();
      else await node?.kill();
      // Waits until the backlog figures are too old to be shown.
      await until(
        async () => {
          expect(await (await one.get('overview')).json()).toMatchObject({ backlog: nothingKnown });
        },
        { timeoutMs: 20_000 },
      );
      const bodies = await readAll([]);
      expect(bodies['overview']).toMatchObject({
        integrations: [{ projectId: 'shop' }],
        openDeadLetters: 20,
      });
      await untilReady(false, 30_000);
      const signIn = await timed(one.post('session', { token, name: 'Ada' }));
      expect({ status: signIn.result.status, inTime: signIn.ms < limitMs }).toEqual({
        status: 200,
        inTime: true,
      });
      await rejectsChanges(
        [
          ['integrations/shop/pause', {}],
          ['redrives', { all: true }],
          ['event/resend', { project: 'default', id: 'good-3' }],
        ],
        'Kafka',
      );
      const exported = await timed(one.get('events/export'));
      expect({ status: exported.result.status, inTime: exported.ms < limitMs }).toEqual({
        status: 503,
        inTime: true,
      });
      const unreachable = /Kafka is not reachable at .*KAFKA_BROKERS/;
      await cliFails([
        [['lag'], unreachable],
        [['topics'], unreachable],
        [['replay', '--dry-run'], unreachable],
        [['dead-letters', 'list'], unreachable],
        [['forget', 'x'], unreachable],
      ]);

      // The console also starts without Kafka.
      await one.stop();
      one = await RunningConsole.start(topics.prefix, env);
      env = { ...env, CONSOLE_URL: one.url };
      expect(await (await one.get('overview')).json()).toMatchObject({
        backlog: nothingKnown,
        openDeadLetters: 20,
      });
      expect(await (await one.get('event?project=default&id=good-3')).json()).toMatchObject({
        eventId: 'good-3',
      });

      if (how === 'frozen') node?.thaw();
      else await node?.restart();
      await untilReady(true, 60_000);
    },
    240_000,
  );
});

/** The pipeline's topics on a Kafka other than the shared one. */
async function scratchTopicsOn(brokers: string): Promise<ScratchTopics> {
  const before = process.env['KAFKA_BROKERS'];
  process.env['KAFKA_BROKERS'] = brokers;
  try {
    return await scratchTopics();
  } finally {
    process.env['KAFKA_BROKERS'] = before;
  }
}
