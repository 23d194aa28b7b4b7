import { createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectKafka, ensureTopics, kafkaConfig } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { startLocalKafka, startRedis, startRedisCluster, startStack } from '@tools/stack';
import { Cluster, Redis } from 'ioredis';
import { z } from 'zod';

function kafkaAt(brokers: string) {
  const config = readConfig(z.object(kafkaConfig), { KAFKA_BROKERS: brokers });
  return connectKafka(config, 'spec', createLogger('spec', 'silent'));
}

async function topicsAt(brokers: string): Promise<string[]> {
  const admin = kafkaAt(brokers).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe('startStack', () => {
  it('takes the addresses of the environment, and leaves those servers running', async () => {
    const stack = await startStack({ purpose: 'test' });
    await stack.stop();

    const again = await startStack({ purpose: 'test' });
    expect(again).toMatchObject({
      kafkaBrokers: process.env['KAFKA_BROKERS'],
      redisUrl: process.env['REDIS_URL'],
    });
    await again.stop();
  });

  it('goes on to the next way, with a word, when nothing answers at an address of the environment', async () => {
    const given = process.env['REDIS_URL'];
    process.env['REDIS_URL'] = 'redis://127.0.0.1:1';
    const words: string[] = [];
    try {
      const stack = await startStack({ purpose: 'test', onProgress: (text) => words.push(text) });
      expect(stack.redisUrl).not.toBe('redis://127.0.0.1:1');
      expect(words).toContain('Redis: REDIS_URL: nothing answers at redis://127.0.0.1:1');
      await stack.stop();
    } finally {
      process.env['REDIS_URL'] = given;
    }
  });
});

describe('startRedis', () => {
  it('takes another port when the preferred one is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port: taken } = squatter.address() as { port: number };
    const redis = await startRedis({ preferredPort: taken });
    expect(redis.port).not.toBe(taken);
    await redis.stop();
    squatter.close();
  });

  it('has what it acknowledged when it comes back after a crash', async () => {
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

  it('keeps its data for the next start when it is told to, and lets no two starts share it', async () => {
    const keepIn = await mkdtemp(path.join(tmpdir(), 'stack-spec-'));
    const first = await startRedis({ keepIn });
    await expect(startRedis({ keepIn })).rejects.toThrow('in use by another start');
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

describe('startLocalKafka', () => {
  it('has its topics when it comes back after a crash, at the same address', async () => {
    const server = await startLocalKafka();
    await ensureTopics(kafkaAt(server.brokers), [
      { topic: 'survivor', partitions: 1, replicationFactor: 1, config: {} },
    ]);
    await server.kill();
    await server.restart();
    expect(await topicsAt(server.brokers)).toContain('survivor');
    await server.stop();
  });

  it('keeps its data for the next start when it is told to', async () => {
    const keepIn = await mkdtemp(path.join(tmpdir(), 'stack-spec-'));
    const first = await startLocalKafka({ keepIn });
    await ensureTopics(kafkaAt(first.brokers), [
      { topic: 'kept', partitions: 1, replicationFactor: 1, config: {} },
    ]);
    await first.stop();

    const second = await startLocalKafka({ keepIn });
    expect(await topicsAt(second.brokers)).toContain('kept');
    await second.stop();
    await rm(keepIn, { recursive: true });
  });
});

describe('startRedisCluster', () => {
  it('spreads keys over three masters', async () => {
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
