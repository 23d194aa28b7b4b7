import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectKafka, ensureTopics, kafkaConfig } from '@app/kafka';
import { readConfig } from '@app/platform';
import { silentLogger } from '@app/testing';
import {
  type KafkaCluster,
  startKafkaCluster,
  startRedis,
  startRedisCluster,
  startStack,
  until,
} from '@tools/stack';
import { Cluster, Redis } from 'ioredis';
import { z } from 'zod';
import { ClusterAdmin } from './kafka/cluster-admin';

/** Three JVMs start at the same time. */
const startTimeoutMs = 120_000;

function kafkaAt(brokers: string) {
  const config = readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: brokers });
  return connectKafka(config, 'spec', silentLogger);
}

async function createTopic({ brokers, nodes }: KafkaCluster, topic: string, partitions = 1): Promise<void> {
  await ensureTopics(kafkaAt(brokers), [{ topic, partitions, replicationFactor: nodes.length, config: {} }]);
}

describe('startStack', () => {
  it('uses the addresses in the environment, and leaves those servers running', async () => {
    const stack = await startStack({ purpose: 'test' });
    await stack.stop();

    const again = await startStack({ purpose: 'test' });
    expect(again).toMatchObject({
      kafkaBrokers: process.env['KAFKA_BROKERS'],
      redisUrl: process.env['REDIS_URL'],
    });
    await again.stop();
  });

  it('reports an unreachable address in the environment and uses the next provider', async () => {
    const given = process.env['REDIS_URL'];
    process.env['REDIS_URL'] = 'redis://127.0.0.1:1';
    const progress: string[] = [];
    try {
      const stack = await startStack({ purpose: 'test', onProgress: (text) => progress.push(text) });
      expect(stack.redisUrl).not.toBe('redis://127.0.0.1:1');
      expect(progress).toContain('Redis: REDIS_URL: no response from redis://127.0.0.1:1');
      await stack.stop();
    } finally {
      process.env['REDIS_URL'] = given;
    }
  });
});

describe('startRedis', () => {
  it('uses another port when the preferred one is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port: usedPort } = blocker.address() as { port: number };
    const redis = await startRedis({ preferredPort: usedPort });
    expect(redis.port).not.toBe(usedPort);
    await redis.stop();
    blocker.close();
  });

  it('still has acknowledged writes after a crash and restart', async () => {
    const server = await startRedis({ settings: ['--appendfsync', 'always'] });
    const redis = new Redis(server.url, { maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    await redis.set('delivered', 'yes');
    await server.kill();
    await server.restart();
    expect(await redis.get('delivered')).toBe('yes');
    redis.disconnect();
    await server.stop();
  });

  it('keeps its data with keepIn, and does not let two servers share it', async () => {
    const keepIn = await mkdtemp(path.join(tmpdir(), 'stack-spec-'));
    const first = await startRedis({ keepIn });
    await expect(startRedis({ keepIn })).rejects.toThrow('in use by another process');
    const writer = new Redis(first.url);
    await writer.set('kept', 'yes');
    writer.disconnect();
    await first.stop();

    const second = await startRedis({ keepIn });
    const reader = new Redis(second.url);
    expect(await reader.get('kept')).toBe('yes');
    reader.disconnect();
    await second.stop();
    await rm(keepIn, { recursive: true });
  });
});

describe('a Kafka cluster of one broker', () => {
  it('still has its topics and address after a crash and restart', async () => {
    const cluster = await startKafkaCluster();
    await createTopic(cluster, 'survivor');
    await cluster.nodes[0]?.kill();
    await cluster.nodes[0]?.restart();
    expect(await cluster.admin.topics()).toContain('survivor');
    await cluster.stop();
  });

  it('keeps its data with keepIn', async () => {
    const keepIn = await mkdtemp(path.join(tmpdir(), 'stack-spec-'));
    const first = await startKafkaCluster({ keepIn });
    await createTopic(first, 'kept');
    await first.stop();

    const second = await startKafkaCluster({ keepIn });
    expect(await second.admin.topics()).toContain('kept');
    await second.stop();
    await rm(keepIn, { recursive: true });
  });
});

describe('a Kafka cluster of three brokers', () => {
  let cluster: KafkaCluster;
  let producer: ReturnType<ReturnType<typeof kafkaAt>['producer']>;

  beforeAll(async () => {
    cluster = await startKafkaCluster({ brokers: 3 });
    producer = kafkaAt(cluster.brokers).producer();
    await producer.connect();
  }, startTimeoutMs);

  afterAll(async () => {
    await producer.disconnect();
    await cluster.stop();
  });

  /** Uses the default `acks: all`: resolves when at least two brokers have the record. */
  const write = (topic: string) => producer.send({ topic, messages: [{ value: 'record' }] });

  it('elects another leader and accepts records after a broker is killed', async () => {
    await createTopic(cluster, 'replicated');
    await write('replicated');
    const [leader] = await cluster.admin.leaders('replicated');
    const broker = cluster.nodes.find(({ id }) => id === leader);
    await broker?.kill();
    await until(() => write('replicated'), { timeoutMs: 20_000 });
    expect(await cluster.admin.leaders('replicated')).not.toContain(leader);
    await broker?.restart();
    await cluster.admin.inSync();
  });

  it('replaces a frozen broker as leader, and accepts it again when it is thawed', async () => {
    await createTopic(cluster, 'frozen');
    const [leader] = await cluster.admin.leaders('frozen');
    const [broker, ...others] = cluster.nodes.toSorted((a, b) => +(b.id === leader) - +(a.id === leader));
    broker?.freeze();
    await until(
      async () => {
        expect(await new ClusterAdmin(others.map(({ address }) => address)).leaders('frozen')).not.toContain(
          leader,
        );
      },
      { timeoutMs: 20_000 },
    );
    broker?.thaw();
    await cluster.admin.inSync();
  });

  it('elects other leaders on demand', async () => {
    await createTopic(cluster, 'moved', 3);
    const before = await cluster.admin.leaders('moved');
    await cluster.admin.moveLeaders();
    const after = await cluster.admin.leaders('moved');
    expect(after).toHaveLength(3);
    expect(after.filter((leader, partition) => leader === before[partition])).toEqual([]);
  });

  it('adds partitions to a topic, and deletes topics', async () => {
    await createTopic(cluster, 'grown');
    await cluster.admin.addPartitions('grown', 3);
    expect(await cluster.admin.leaders('grown')).toHaveLength(3);
    await cluster.admin.deleteTopics(['grown']);
    await until(
      async () => {
        expect(await cluster.admin.topics()).not.toContain('grown');
      },
      { timeoutMs: 10_000 },
    );
  });
});

describe('startRedisCluster', () => {
  it('distributes keys over three masters', async () => {
    const { nodes, stop } = await startRedisCluster();
    expect(nodes).toHaveLength(3);
    const cluster = new Cluster(nodes.map((node) => `redis://${node}`));
    await Promise.all(Array.from({ length: 99 }, (_, index) => cluster.set(`key-${index}`, index)));
    const sizes = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()));
    expect(sizes).toHaveLength(3);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    cluster.disconnect();
    await stop();
  });
});
